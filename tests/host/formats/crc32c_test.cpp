#include "formats/crc32c.hpp"

#include "catch.hpp"

#include <numeric>
#include <string>

using tandem::formats::crc32c;

// RFC 3720, appendix B.4, and the check value of the CRC catalogue.
TEST_CASE("CRC-32C gives the published values") {
  CHECK(crc32c("123456789") == 0xE3069283);
  CHECK(crc32c(std::string(32, '\0')) == 0x8A9136AA);
  CHECK(crc32c(std::string(32, '\xff')) == 0x62A8AB43);
  std::string rising(32, '\0');
  std::iota(rising.begin(), rising.end(), '\0');
  CHECK(crc32c(rising) == 0x46DD794E);
  CHECK(crc32c("") == 0);
}

TEST_CASE("CRC-32C of a text is that of its parts, one after another") {
  CHECK(crc32c("6789", crc32c("12345")) == 0xE3069283);
}

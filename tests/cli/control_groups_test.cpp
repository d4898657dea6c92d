// Limits of control groups, read from folders that look like theirs.
#include "cli/control_groups.hpp"

#include "catch.hpp"
#include "workplace.hpp"

using namespace tandem::cli;

namespace {

/// A folder of control groups and what says where this process belongs.
struct Groups {
  explicit Groups(const std::string& membership) {
    write_file(folder.path() / "membership", membership);
  }
  void write(const std::string& file, const std::string& text) {
    std::filesystem::create_directories((folder.path() / "mount" / file).parent_path());
    write_file(folder.path() / "mount" / file, text);
  }
  ControlGroups where() const { return {folder.path() / "mount", folder.path() / "membership"}; }
  TemporaryFolder folder;
};

}  // namespace

TEST_CASE("version 2: the least quota of a group and of those above it counts") {
  Groups groups("0::/job/step\n");
  CHECK_FALSE(processor_quota(groups.where()));
  groups.write("job/step/cpu.max", "max 100000\n");
  CHECK_FALSE(processor_quota(groups.where()));
  groups.write("job/cpu.max", "150000 100000\n");
  CHECK(processor_quota(groups.where()) == 1.5);
  groups.write("job/step/cpu.max", "50000 200000\n");
  CHECK(processor_quota(groups.where()) == 0.25);
  groups.write("job/memory.max", "max\n");
  CHECK_FALSE(memory_limit(groups.where()));
  groups.write("job/memory.max", "1073741824\n");
  CHECK(memory_limit(groups.where()) == 1073741824.0);
}

TEST_CASE("version 1 names its controllers, and -1 is no limit") {
  Groups groups("5:memory:/box\n4:cpuset:/\n3:cpu,cpuacct:/box\n0::/box\n");
  groups.write("cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  groups.write("cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
  groups.write("memory/memory.limit_in_bytes", "9223372036854771712\n");
  CHECK_FALSE(processor_quota(groups.where()));
  CHECK_FALSE(memory_limit(groups.where()));
  // In a container the group's own folder is where they are mounted.
  groups.write("cpu,cpuacct/cpu.cfs_quota_us", "300000\n");
  CHECK(processor_quota(groups.where()) == 3.0);
  groups.write("memory/box/memory.limit_in_bytes", "4096\n");
  CHECK(memory_limit(groups.where()) == 4096.0);
}

TEST_CASE("what is no description of control groups limits nothing") {
  Groups groups("nonsense\n::\n0:\n");
  groups.write("cpu.max", "many\n");
  CHECK_FALSE(processor_quota(groups.where()));
  CHECK_FALSE(processor_quota({"/nowhere", "/nowhere"}));
}

TEST_CASE("a part of a processor is worth a thread, and none is more than there are") {
  CHECK(threads_for(8, {}) == 8);
  CHECK(threads_for(8, 2.0) == 2);
  CHECK(threads_for(8, 1.5) == 2);
  CHECK(threads_for(8, 0.1) == 1);
  CHECK(threads_for(2, 16.0) == 2);
}

#pragma once

#include "report/observer.hpp"

#include <optional>
#include <string>

namespace tandem::report {

/// Watches for embeddings that collapse: all pictures get nearly the same one (`embedding_std`
/// under a tenth of `embedding_std_even`), or they fill fewer than three directions
/// (`effective_rank` under 3, where `rank_limit`, the most it could be, is 16 or more). Two looks
/// in a row make an alarm, since the first steps of a healthy run may look bad once; it is given
/// once, and again where the embeddings had recovered. The limits were chosen between what
/// collapsing and healthy runs of all shipped objectives showed.
class CollapseAlarm {
 public:
  std::optional<AlarmEvent> look(const HealthEvent& health);

  /// All that it remembers, so that a resumed run goes on alike.
  int signs() const { return signs_in_a_row_; }
  void set_signs(int signs) { signs_in_a_row_ = signs; }

 private:
  int signs_in_a_row_ = 0;
};

}  // namespace tandem::report

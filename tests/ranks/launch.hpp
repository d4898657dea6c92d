#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace ranks {

/// How a process ended: its exit code, 128 + N after signal N.
struct Ended {
  int code = 0;
  std::string text;    ///< what it said on stderr
  double seconds = 0;  ///< from the launch of all
};

/// What is done beside starting the processes.
struct Launch {
  int ranks = 1;
  int starts = -1;                 ///< only so many of them are started; -1: all
  std::vector<std::string> words;  ///< of the command line
  int endless = -1;                ///< a rank that is killed once the others have ended; -1: none
  double patience = 100;           ///< seconds after which whatever still runs is killed
  std::map<std::string, std::string> environment = {};  ///< beside what a launcher sets
};

/// Starts the processes of a run on a free port of loopback, as a launcher does, and waits for all.
/// Stopped ones are killed once the others have ended.
std::vector<Ended> launch(const Launch& launch);

/// A port that was free a moment ago.
int free_port();

}  // namespace ranks

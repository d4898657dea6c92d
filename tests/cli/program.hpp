#pragma once

#include <sys/types.h>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

/// The real program, started as another process, with every signal at its default but one.
namespace program {

using Words = std::vector<std::string>;

struct Call {
  Words words;
  std::filesystem::path folder = {};                    ///< where it runs; must exist
  std::map<std::string, std::string> environment = {};  ///< over this process's own
  long file_size = -1;     ///< most bytes it may write to one file (RLIMIT_FSIZE); -1: any number
  int ignored_signal = 0;  ///< one that it begins with ignored, as under nohup; 0: none
  int error_output = -1;   ///< a descriptor for stderr instead of `Result::err`
  std::string program = TANDEM_PROGRAM;  ///< the file that is started
};

struct Result {
  int code = 0;  ///< exit code, or minus the signal that killed it
  std::string out, err;
};

/// A program that runs. Ends it where a test goes away.
class Process {
 public:
  /// Returns when the program has begun.
  explicit Process(const Call& call);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// Waits for its end; kills it and throws where that takes minutes.
  Result wait();
  /// Polls until `condition` holds; throws where the program ends first, or after minutes.
  void until(const std::function<bool()>& condition);

  pid_t id() const { return id_; }
  void send(int signal) const;
  /// True for a signal that the program has a handler for.
  bool catches(int signal) const;
  /// True for a signal that was sent and whose handler has not begun.
  bool pending(int signal) const;

 private:
  /// Closed by exec, and what was read from it so far.
  struct Pipe {
    int read = -1, write = -1;
    std::string text;
    Pipe();
    ~Pipe();
    void close_writer();
    void take();
  };

  bool ended();
  bool has_signal(const char* mask, int signal) const;
  [[noreturn]] void execute(const Call& call, char* const* words, char* const* environment) const;

  pid_t id_ = -1;
  int status_ = 0;
  bool ended_ = false;
  Pipe out_, err_, started_;
};

/// Starts it and waits for its end.
Result run(const Call& call);

}  // namespace program

// Who can reach the ranks of a run: nobody on another machine.
#include "catch.hpp"
#include "cli/workplace.hpp"
#include "ranks/launch.hpp"

#include <csignal>
#include <cstdio>
#include <fstream>
#include <set>
#include <sstream>

namespace {

namespace fs = std::filesystem;

const Words endless = {"--set", "train.epochs=100000", "--set", "checkpoint.every=0"};

/// A process and those that it started, by what /proc tells of each one's parent.
std::set<pid_t> with_children(pid_t parent) {
  std::set<pid_t> ids = {parent};
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::string stat = read_file(entry.path() / "stat");
    const auto end_of_name = stat.rfind(')');  // which may hold spaces and brackets itself
    if (end_of_name == std::string::npos) continue;
    std::istringstream rest(stat.substr(end_of_name + 1));
    std::string state;
    pid_t of = 0;
    rest >> state >> of;
    if (of == parent) ids.insert(std::stoi(name));
  }
  return ids;
}

/// The inodes of a process's sockets.
std::set<std::string> sockets_of(pid_t process) {
  std::set<std::string> inodes;
  for (const auto& entry : fs::directory_iterator("/proc/" + std::to_string(process) + "/fd")) {
    std::error_code gone;
    const std::string target = fs::read_symlink(entry.path(), gone);
    if (target.starts_with("socket:[")) inodes.insert(target.substr(8, target.size() - 9));
  }
  return inodes;
}

/// The addresses that a process listens on, as the kernel writes them, "0100007F:1F90": words of
/// four bytes, each in this machine's order, and the port.
Words listened_on(pid_t process) {
  const auto own = sockets_of(process);
  Words addresses;
  for (const char* family : {"tcp", "tcp6"}) {
    std::ifstream table("/proc/" + std::to_string(process) + "/net/" + family);
    std::string line;
    std::getline(table, line);  // the heads of its columns
    while (std::getline(table, line)) {
      std::istringstream columns(line);
      std::string number, local, remote, state, queues, timer, retries, user, timeout, inode;
      columns >> number >> local >> remote >> state >> queues >> timer >> retries >> user >>
          timeout >> inode;
      if (state == "0A" && own.contains(inode)) addresses.push_back(local);
    }
  }
  return addresses;
}

/// Requires that the processes listen, and on loopback alone.
void check_loopback(const std::set<pid_t>& processes) {
  const std::set<std::string> loopback = {"0100007F", "00000000000000000000000001000000",
                                          "0000000000000000FFFF00000100007F"};
  std::size_t listening = 0;
  for (const pid_t process : processes) {
    for (const auto& address : listened_on(process)) {
      CAPTURE(process, address);
      CHECK(loopback.contains(address.substr(0, address.find(':'))));
      ++listening;
    }
  }
  CHECK(listening > 0);
}

bool listens_at(pid_t process, int port) {
  char text[8];
  std::snprintf(text, sizeof text, ":%04X", static_cast<unsigned>(port));
  for (const auto& address : listened_on(process)) {
    if (address.ends_with(text)) return true;
  }
  return false;
}

bool trains(const Workplace& here) {
  return here.exists("run/metrics.jsonl") && events(here / "run", "step").size() > 2;
}

}  // namespace

TEST_CASE("a launcher and its ranks listen where no other machine reaches them") {
  const Workplace here;
  Words words = endless;
  words.insert(words.end(), {"--ranks", "2"});
  program::Process launcher(here.call(here.tiny(words)));
  launcher.until([&] { return trains(here); });
  const auto processes = with_children(launcher.id());
  CHECK(processes.size() == 3);
  check_loopback(processes);
  CHECK_FALSE(listened_on(launcher.id()).empty());  // it holds the ranks' store
  launcher.send(SIGINT);
  CHECK(launcher.wait().code == 130);
}

TEST_CASE("ranks that another program starts listen there too, rank 0 with the store") {
  const Workplace here;
  auto call = here.call(here.tiny(endless));
  const int port = ranks::free_port();
  call.environment = {{"WORLD_SIZE", "2"},
                      {"MASTER_ADDR", "127.0.0.1"},
                      {"MASTER_PORT", std::to_string(port)},
                      {"RANK", "0"}};
  program::Process first(call);
  call.environment.insert_or_assign("RANK", "1");
  program::Process second(call);
  first.until([&] { return trains(here); });
  check_loopback({first.id(), second.id()});
  CHECK(listens_at(first.id(), port));
  first.send(SIGINT);  // for which all stop
  const auto stopped = first.wait();
  CAPTURE(stopped.err);
  CHECK(stopped.code == 130);
  second.wait();
}

// Child processes, users and locks: what Sentinel asks of the operating system.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace sentinel {

// When started by root: becomes, for good, the unprivileged user that `folder` belongs to; one that
// is root's, or is made here, is handed with what is in it to the user that runs PostgreSQL here
// (`postgres`, else `nobody`) first. Otherwise
// only makes the folder. Fails with a sentence when that user cannot reach the folder.
Result<void> become_unprivileged(const std::filesystem::path& folder);

// Starts a program; its output goes to `log` (appended). It gets `signal_on_parent_death` when the
// calling thread ends, so call this from a thread that lives as long as the child should.
Result<pid_t> start_process(const std::vector<std::string>& command,
                            const std::filesystem::path& log, int signal_on_parent_death);

// Waits for a child and gives its exit status (128 + signal when a signal ended it).
int wait_for_exit(pid_t pid);

// Blocks of a megabyte and more, as large bodies and commits are, go back to the system as soon as
// they are free. glibc would learn to keep them, and after a rush what it keeps only grows.
void give_memory_back();

// An exclusive lock on a file that holds this process's id. Released when the process ends, however
// it ends.
class FileLock {
 public:
  // Errors: Conflict, with the pid of the holder in the sentence.
  static Result<FileLock> take(const std::filesystem::path& file);
  FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

std::string read_file(const std::filesystem::path& file);  // empty when it cannot be read

}  // namespace sentinel

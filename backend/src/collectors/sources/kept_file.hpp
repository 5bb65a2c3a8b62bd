// A file of /proc or /sys that stays open and is read anew from its start, one system call a
// reading.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace sentinel::collectors {

class KeptFile {
 public:
  KeptFile() = default;
  explicit KeptFile(const char* path);
  explicit KeptFile(const std::string& path) : KeptFile(path.c_str()) {}
  KeptFile(KeptFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  KeptFile& operator=(KeptFile&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~KeptFile();

  bool is_open() const { return descriptor_ >= 0; }
  // What it holds now, cut at the size of `buffer`; empty when it is gone, as of a process that
  // ended.
  std::string_view read(std::span<char> buffer) const;

 private:
  int descriptor_ = -1;
};

// The whole of a small file, cut at `size_max`; empty when it cannot be read.
std::string read_small_file(const std::string& path, size_t size_max = 64 * 1024);

}  // namespace sentinel::collectors

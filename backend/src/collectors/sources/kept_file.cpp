#include "collectors/sources/kept_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

namespace sentinel::collectors {

KeptFile::KeptFile(const char* path) : descriptor_(open(path, O_RDONLY | O_CLOEXEC)) {}

KeptFile::~KeptFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

std::string_view KeptFile::read(std::span<char> buffer) const {
  if (descriptor_ < 0) return {};
  ssize_t size = pread(descriptor_, buffer.data(), buffer.size(), 0);
  return size > 0 ? std::string_view(buffer.data(), static_cast<size_t>(size)) : std::string_view{};
}

std::string read_small_file(const std::string& path, size_t size_max) {
  std::string text;
  int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return text;
  // Files of /proc do not know their size; a piece on the stack keeps the string as small as its
  // content.
  char piece[4096];
  while (text.size() < size_max) {
    ssize_t size = read(descriptor, piece, std::min(sizeof piece, size_max - text.size()));
    if (size <= 0) break;
    text.append(piece, static_cast<size_t>(size));
  }
  close(descriptor);
  return text;
}

}  // namespace sentinel::collectors

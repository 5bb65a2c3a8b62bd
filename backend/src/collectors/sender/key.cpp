#include "collectors/sender/key.hpp"

#include "collectors/sources/kept_file.hpp"

namespace sentinel::collectors {

namespace {

constexpr size_t kKeySizeMax = 4096;

// The first line without blanks: a line break inside would be a header of its own.
std::string first_word(const std::string& text) {
  size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_first_of(" \t\r\n", begin) - begin);
}

}  // namespace

Key Key::from_text(std::string text) {
  Key key;
  key.text_ = first_word(text);
  return key;
}

Key Key::from_file(std::string path) {
  Key key;
  key.path_ = std::move(path);
  key.read_again();
  return key;
}

void Key::read_again() {
  if (!path_.empty()) text_ = first_word(read_small_file(path_, kKeySizeMax));
}

}  // namespace sentinel::collectors

// The key that the server asks for. From a file it is read again when the server refuses it, so
// that a new key needs no restart.
#pragma once

#include <string>

namespace sentinel::collectors {

class Key {
 public:
  static Key from_text(std::string text);
  static Key from_file(std::string path);

  const std::string& text() const { return text_; }
  bool known() const { return !text_.empty(); }
  void read_again();

 private:
  std::string path_;
  std::string text_;
};

}  // namespace sentinel::collectors

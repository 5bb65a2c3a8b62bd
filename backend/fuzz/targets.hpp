// What outsiders may send, each parser as a function of bytes. libFuzzer drives them (`make fuzz`);
// `make test` replays the corpus through the same functions.
#pragma once

#include <span>
#include <string_view>

namespace sentinel::fuzz {

struct Target {
  std::string_view name;  // its corpus is corpus/<name>/
  void (*run)(std::string_view bytes);
};

std::span<const Target> targets();

}  // namespace sentinel::fuzz

// A price of one's own as people write it, on a command line or in a form.
#pragma once

#include <string>

namespace sentinel::prices {

// An empty text was not said.
struct OverrideTexts {
  std::string provider;
  std::string model;  // a name
  std::string match;  // or a rule as JSON
  std::string from;
  std::string input, output, cache_read, cache_write, cache_write_1h, reasoning;  // USD per million
};

}  // namespace sentinel::prices

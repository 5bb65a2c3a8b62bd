# Turns data/model_prices.json into a text of the program.
file(READ ${FILE} text)
file(WRITE ${OUT} "// Generated from data/model_prices.json by cmake/embed_prices.cmake.
#include \"pricing/bundled_prices.hpp\"

namespace sentinel::pricing {

std::string_view bundled_prices() {
  static constexpr std::string_view kText = R\"__json__(${text})__json__\";
  return kText;
}

}  // namespace sentinel::pricing
")

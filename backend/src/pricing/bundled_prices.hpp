// backend/data/model_prices.json, linked into the program.
#pragma once

#include <string_view>

namespace sentinel::pricing {

std::string_view bundled_prices();

}  // namespace sentinel::pricing

// Small JSON bodies: an object of texts, read whole. For anything larger there are decoders of
// their own.
#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sentinel::api {

using TextFields = std::map<std::string, std::string, std::less<>>;

// Grows the body's spare capacity, as the parser needs it. Errors: InvalidArgument (not an object
// of texts, a name that is not in `known`, a text over `length_max` bytes or with a NUL).
Result<TextFields> read_text_fields(std::string& body,
                                    std::initializer_list<std::string_view> known,
                                    size_t length_max);

}  // namespace sentinel::api

// The frame of PostgreSQL's binary COPY: what stands around its tuples, and where each begins.
#pragma once

#include <string_view>
#include <vector>

namespace sentinel::storage {

// What goes before the first tuple and after the last.
std::string_view copy_header();
std::string_view copy_trailer();

// The tuples of a whole COPY, or of a part of one, as views into it: `begins` says that the header
// is in front. Tuples are whole; `copied` comes from the server itself and is taken at its word.
std::vector<std::string_view> tuples_of(std::string_view copied, bool begins = true);

}  // namespace sentinel::storage

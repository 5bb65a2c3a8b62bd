// A batch as the spool keeps it: little-endian numbers, texts with their length in front.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "services/ingest/request.hpp"

namespace sentinel::ingest {

std::string encode_batch(const Batch& batch);

// Nothing when the text is no batch, or of a later version of this format.
std::optional<Batch> decode_batch(std::string_view text);

}  // namespace sentinel::ingest

// Small files that are replaced as a whole.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sentinel {

// For the owner's eyes alone. The old file stays as it is when this fails. Errors: Unavailable.
Result<void> replace_file(const std::string& path, std::string_view text);

}  // namespace sentinel

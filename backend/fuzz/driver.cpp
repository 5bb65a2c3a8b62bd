// One fuzzer: SENTINEL_FUZZ_TARGET names the target it drives.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto& target =
      *std::ranges::find(sentinel::fuzz::targets(), std::string_view(SENTINEL_FUZZ_TARGET),
                         &sentinel::fuzz::Target::name);
  target.run({reinterpret_cast<const char*>(data), size});
  return 0;
}

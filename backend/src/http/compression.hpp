// gzip and zstd, with a limit on what unpacking may give.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "http/message.hpp"

namespace sentinel::http {

// Errors: InvalidArgument (not gzip, cut off, or trailing bytes), TooLarge (over `size_max`
// unpacked).
Result<std::string> gunzip(std::string_view packed, size_t size_max);

// The same of zstd frames. TooLarge also for a window over 8 MiB, which RFC 9659 does not let a
// sender ask for.
Result<std::string> unzstd(std::string_view packed, size_t size_max);

// Level 1 to 9.
std::string gzip(std::string_view plain, int level);

enum class Coding : char { Identity, Gzip, Zstd };

// "gzip", "zstd" or "identity", as Content-Encoding has it.
std::string_view name_of(Coding coding);

// Which of ours an Accept-Encoding likes best (RFC 9110, 12.5.3); of equals zstd, which packs
// faster than gzip and as small.
Coding liked_coding(std::string_view accept_encoding);
bool takes_gzip(std::string_view accept_encoding);

// Packs an answer piece by piece, with bounded memory.
class Packer {
 public:
  virtual ~Packer() = default;
  // What of the packed bytes is ready, maybe nothing. They are complete after a call with `last`.
  virtual std::string pack(std::string_view piece, bool last = false) = 0;
};

// Null for Identity.
std::unique_ptr<Packer> make_packer(Coding coding);

// Replaces a packed body by what it holds, and leaves room behind it for a parser's padding. Called
// once the sender is known: unpacking costs far more than sending. Errors: Unsupported (another
// encoding), TooLarge, InvalidArgument, Unavailable (bodies_limit).
Result<void> unpack_body(Request& request);

}  // namespace sentinel::http

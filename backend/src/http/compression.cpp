#include "http/compression.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>

namespace sentinel::http {

namespace {

constexpr int kGzipOnly = 15 + 16;  // window bits, and zlib's mark for a gzip header
constexpr size_t kPiece = 64 * 1024;

unsigned char* bytes(const char* text) {
  return reinterpret_cast<unsigned char*>(const_cast<char*>(text));
}

}  // namespace

Result<std::string> gunzip(std::string_view packed, size_t size_max) {
  z_stream stream{};
  if (inflateInit2(&stream, kGzipOnly) != Z_OK) {
    return fail(ErrorCode::Unavailable, "out_of_memory", "no memory to unpack the body");
  }
  stream.next_in = bytes(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  // Grows when it is full, so that many small members cost no more than their bytes.
  std::string plain(std::min(kPiece, size_max + 1), '\0');
  size_t used = 0;
  int state = Z_OK;
  while (state == Z_OK && used <= size_max) {
    if (used == plain.size()) plain.resize(std::min(plain.size() * 2, size_max + 1));
    stream.next_out = bytes(plain.data() + used);
    stream.avail_out = static_cast<uInt>(plain.size() - used);
    state = inflate(&stream, Z_NO_FLUSH);
    used = plain.size() - stream.avail_out;
    // Members may follow each other: gzip files are concatenated that way.
    if (state == Z_STREAM_END && stream.avail_in > 0) state = inflateReset(&stream);
  }
  plain.resize(used);
  inflateEnd(&stream);
  if (plain.size() > size_max) {
    return fail(ErrorCode::TooLarge, "body_too_large",
                fmt::format("the body unpacks to more than {} bytes", size_max));
  }
  if (state != Z_STREAM_END) {
    return fail(ErrorCode::InvalidArgument, "gzip_invalid", "the body is not complete gzip");
  }
  return plain;
}

Result<void> unpack_body(Request& request) {
  std::string encoding(request.header("content-encoding"));
  for (char& c : encoding) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  if (!encoding.empty() && encoding != "identity") {
    if (encoding != "gzip") {
      return fail(ErrorCode::Unsupported, "encoding_unsupported",
                  fmt::format("Content-Encoding {} is not understood; send gzip or none",
                              encoding.substr(0, 40)));
    }
    auto plain = gunzip(request.body, request.body_unpacked_bytes_max);
    if (!plain) return forward(plain);
    if (auto held = request.body_lease.hold(plain->size()); !held) return held;
    request.body = std::move(*plain);
  }
  request.body.reserve(request.body.size() + kBodyPadding);
  return {};
}

std::string gzip(std::string_view plain, int level) {
  z_stream stream{};
  deflateInit2(&stream, level, Z_DEFLATED, kGzipOnly, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, plain.size()), '\0');
  stream.next_in = bytes(plain.data());
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = bytes(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

}  // namespace sentinel::http

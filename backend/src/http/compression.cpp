#include "http/compression.hpp"

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <new>

namespace sentinel::http {

namespace {

constexpr int kGzipOnly = 15 + 16;  // window bits, and zlib's mark for a gzip header
constexpr size_t kPiece = 64 * 1024;
constexpr int kWindowLogMax = 23;  // RFC 9659

unsigned char* bytes(const char* text) {
  return reinterpret_cast<unsigned char*>(const_cast<char*>(text));
}

// Grows when it is full, so that many small members cost no more than their bytes.
class Plain {
 public:
  explicit Plain(size_t size_max)
      : size_max_(size_max), bytes_(std::min(kPiece, size_max + 1), '\0') {}

  char* data() { return bytes_.data(); }
  // At least one byte past `used`, unless that is over the limit.
  size_t room_for(size_t used) {
    if (used == bytes_.size()) bytes_.resize(std::min(bytes_.size() * 2, size_max_ + 1));
    return bytes_.size();
  }
  // Errors: TooLarge.
  Result<std::string> take(size_t used) {
    if (used > size_max_) {
      return fail(ErrorCode::TooLarge, "body_too_large",
                  fmt::format("the body unpacks to more than {} bytes", size_max_));
    }
    bytes_.resize(used);
    return std::move(bytes_);
  }

 private:
  const size_t size_max_;
  std::string bytes_;
};

std::unexpected<Error> out_of_memory() {
  return fail(ErrorCode::Unavailable, "out_of_memory", "no memory to unpack the body");
}

}  // namespace

Result<std::string> gunzip(std::string_view packed, size_t size_max) {
  z_stream stream{};
  if (inflateInit2(&stream, kGzipOnly) != Z_OK) return out_of_memory();
  stream.next_in = bytes(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  Plain plain(size_max);
  size_t used = 0;
  int state = Z_OK;
  while (state == Z_OK && used <= size_max) {
    const size_t room = plain.room_for(used);
    stream.next_out = bytes(plain.data() + used);
    stream.avail_out = static_cast<uInt>(room - used);
    state = inflate(&stream, Z_NO_FLUSH);
    used = room - stream.avail_out;
    // Members may follow each other: gzip files are concatenated that way.
    if (state == Z_STREAM_END && stream.avail_in > 0) state = inflateReset(&stream);
  }
  inflateEnd(&stream);
  if (state != Z_STREAM_END && used <= size_max) {
    return fail(ErrorCode::InvalidArgument, "gzip_invalid", "the body is not complete gzip");
  }
  return plain.take(used);
}

Result<std::string> unzstd(std::string_view packed, size_t size_max) {
  const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(),
                                                                     ZSTD_freeDCtx);
  if (!context) return out_of_memory();
  ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kWindowLogMax);
  Plain plain(size_max);
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  size_t used = 0, missing = 1;  // of a frame; 0 at its end, and another may follow
  while (used <= size_max) {
    const size_t room = plain.room_for(used);
    ZSTD_outBuffer out{plain.data(), room, used};
    missing = ZSTD_decompressStream(context.get(), &out, &in);
    used = out.pos;
    // All of it was read, and there is nothing left that found no room.
    if (ZSTD_isError(missing) || (in.pos == in.size && (missing == 0 || used < out.size))) break;
  }
  if (ZSTD_isError(missing)) {
    switch (ZSTD_getErrorCode(missing)) {
      case ZSTD_error_frameParameter_windowTooLarge:
        return fail(ErrorCode::TooLarge, "zstd_window_too_large",
                    fmt::format("the body was packed with a window over the limit of {} bytes",
                                1 << kWindowLogMax));
      case ZSTD_error_memory_allocation:
        return out_of_memory();
      default:
        break;
    }
  }
  if (missing != 0 && used <= size_max) {
    return fail(ErrorCode::InvalidArgument, "zstd_invalid", "the body is not complete zstd");
  }
  return plain.take(used);
}

Result<void> unpack_body(Request& request) {
  std::string encoding(request.header("content-encoding"));
  for (char& c : encoding) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  if (!encoding.empty() && encoding != "identity") {
    const bool zstd = encoding == "zstd";
    if (!zstd && encoding != "gzip") {
      return fail(ErrorCode::Unsupported, "encoding_unsupported",
                  fmt::format("Content-Encoding {} is not understood; send gzip, zstd or none",
                              encoding.substr(0, 40)));
    }
    auto plain = (zstd ? unzstd : gunzip)(request.body, request.body_unpacked_bytes_max);
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

namespace {

// Those of speed: an answer is packed while somebody waits for it.
constexpr int kGzipLevel = 4, kZstdLevel = 1;

class GzipPacker : public Packer {
 public:
  GzipPacker() { deflateInit2(&stream_, kGzipLevel, Z_DEFLATED, kGzipOnly, 8, Z_DEFAULT_STRATEGY); }
  ~GzipPacker() override { deflateEnd(&stream_); }
  GzipPacker(const GzipPacker&) = delete;
  GzipPacker& operator=(const GzipPacker&) = delete;

  std::string pack(std::string_view piece, bool last) override {
    std::string packed;
    size_t used = 0;
    stream_.next_in = bytes(piece.data());
    stream_.avail_in = static_cast<uInt>(piece.size());
    do {
      packed.resize(used + std::max<size_t>(piece.size() / 4, 4096));
      stream_.next_out = bytes(packed.data() + used);
      stream_.avail_out = static_cast<uInt>(packed.size() - used);
      deflate(&stream_, last ? Z_FINISH : Z_NO_FLUSH);
      used = packed.size() - stream_.avail_out;
    } while (stream_.avail_out == 0);
    packed.resize(used);
    return packed;
  }

 private:
  z_stream stream_{};
};

class ZstdPacker : public Packer {
 public:
  ZstdPacker() : context_(ZSTD_createCCtx(), ZSTD_freeCCtx) {
    if (!context_) throw std::bad_alloc();
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, kZstdLevel);
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
  }

  std::string pack(std::string_view piece, bool last) override {
    std::string packed;
    ZSTD_inBuffer in{piece.data(), piece.size(), 0};
    size_t used = 0, left = 0;
    do {
      packed.resize(used + std::max<size_t>(piece.size() / 4, 4096));
      ZSTD_outBuffer out{packed.data(), packed.size(), used};
      // It fails only for parameters out of range and a context that is used wrongly.
      left = ZSTD_compressStream2(context_.get(), &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
      used = out.pos;
    } while (last ? left != 0 : in.pos < in.size);
    packed.resize(used);
    return packed;
  }

 private:
  std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context_;
};

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

bool same(std::string_view a, std::string_view lower) {
  return std::ranges::equal(
      a, lower, [](char x, char y) { return (x >= 'A' && x <= 'Z' ? x + 32 : x) == y; });
}

// Thousandths; 1000 for none, and 0 for one that cannot be read.
int quality(std::string_view parameters) {
  const auto at = parameters.find("q=");
  if (at == std::string_view::npos) return 1000;
  double value = 0;
  const auto text = trimmed(parameters.substr(at + 2));
  if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc{}) return 0;
  return static_cast<int>(std::clamp(value, 0.0, 1.0) * 1000);
}

// How much a header likes a coding; one it does not name is liked as much as "*", if that is there.
int liking(std::string_view header, std::string_view coding) {
  int any = 0;
  while (!header.empty()) {
    const auto comma = std::min(header.find(','), header.size());
    const auto item = header.substr(0, comma);
    header.remove_prefix(std::min(comma + 1, header.size()));
    const auto semicolon = std::min(item.find(';'), item.size());
    const auto name = trimmed(item.substr(0, semicolon));
    if (same(name, coding)) return quality(item.substr(semicolon));
    if (name == "*") any = quality(item.substr(semicolon));
  }
  return any;
}

}  // namespace

std::string_view name_of(Coding coding) {
  switch (coding) {
    case Coding::Gzip:
      return "gzip";
    case Coding::Zstd:
      return "zstd";
    case Coding::Identity:
      break;
  }
  return "identity";
}

Coding liked_coding(std::string_view accept_encoding) {
  const int zstd = liking(accept_encoding, "zstd"), gzip = liking(accept_encoding, "gzip");
  if (zstd == 0 && gzip == 0) return Coding::Identity;
  return zstd >= gzip ? Coding::Zstd : Coding::Gzip;
}

bool takes_gzip(std::string_view accept_encoding) { return liking(accept_encoding, "gzip") > 0; }

std::unique_ptr<Packer> make_packer(Coding coding) {
  switch (coding) {
    case Coding::Gzip:
      return std::make_unique<GzipPacker>();
    case Coding::Zstd:
      return std::make_unique<ZstdPacker>();
    case Coding::Identity:
      break;
  }
  return nullptr;
}

}  // namespace sentinel::http

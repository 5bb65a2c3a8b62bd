#include "support/http2_frames.hpp"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <stdexcept>

namespace sentinel::testing {

namespace {

constexpr size_t kHeadSize = 9;
constexpr size_t kFrameMax = 16 * 1024;

uint32_t number(std::string_view bytes) {
  uint32_t value = 0;
  for (char c : bytes) value = value << 8 | static_cast<uint8_t>(c);
  return value;
}

// An integer of HPACK with a prefix of 7 bits, without Huffman.
void append_text(std::string& out, std::string_view text) {
  if (text.size() < 127) {
    out += static_cast<char>(text.size());
  } else {
    out += '\x7f';
    size_t rest = text.size() - 127;
    for (; rest >= 128; rest >>= 7) out += static_cast<char>(rest % 128 + 128);
    out += static_cast<char>(rest);
  }
  out += text;
}

std::string_view find(const Headers& headers, std::string_view name) {
  auto found = headers.find(name);
  return found == headers.end() ? std::string_view{} : found->second;
}

}  // namespace

std::string frame(FrameType type, uint8_t flags, int32_t stream, std::string_view payload) {
  std::string out = big_endian(static_cast<uint32_t>(payload.size())).substr(1);
  out += static_cast<char>(type);
  out += static_cast<char>(flags);
  out += big_endian(static_cast<uint32_t>(stream));
  return out.append(payload);
}

std::string big_endian(uint32_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
  return out;
}

std::string setting(uint16_t id, uint32_t value) {
  return big_endian(id).substr(2) + big_endian(value);
}

std::string client_preface(std::string_view settings) {
  return NGHTTP2_CLIENT_MAGIC + frame(FrameType::Settings, 0, 0, settings);
}

std::string header_block(const HeaderList& headers) {
  std::string block;
  for (const auto& [name, value] : headers) {
    block += '\0';  // a literal that is not to be remembered
    append_text(block, name);
    append_text(block, value);
  }
  return block;
}

std::string post_headers(int32_t stream, std::string_view path, const HeaderList& more,
                         uint8_t flags) {
  HeaderList headers{{":method", "POST"},
                     {":scheme", "http"},
                     {":path", std::string(path)},
                     {":authority", "test"}};
  headers.insert(headers.end(), more.begin(), more.end());
  return frame(FrameType::Headers, flags, stream, header_block(headers));
}

std::string post(int32_t stream, std::string_view path, std::string_view body,
                 const HeaderList& more) {
  return post_headers(stream, path, more) + data(stream, body, true);
}

std::string data(int32_t stream, std::string_view bytes, bool end) {
  std::string out;
  do {
    auto piece = bytes.substr(0, kFrameMax);
    bytes.remove_prefix(piece.size());
    out += frame(FrameType::Data, end && bytes.empty() ? kEndStream : 0, stream, piece);
  } while (!bytes.empty());
  return out;
}

std::string reset(int32_t stream, Http2Error code) {
  return frame(FrameType::Reset, 0, stream, big_endian(static_cast<uint32_t>(code)));
}

std::string_view Http2Reader::Stream::header(std::string_view name) const {
  return find(headers, name);
}

std::string_view Http2Reader::Stream::trailer(std::string_view name) const {
  return find(trailers, name);
}

Http2Reader::Http2Reader() {
  if (nghttp2_hd_inflate_new(&inflater_) != 0) throw std::bad_alloc();
}

Http2Reader::~Http2Reader() { nghttp2_hd_inflate_del(inflater_); }

void Http2Reader::take(std::string_view bytes) {
  buffer_ += bytes;
  while (buffer_.size() >= kHeadSize) {
    const size_t size = number(buffer_.substr(0, 3));
    if (buffer_.size() < kHeadSize + size) return;
    take_frame(static_cast<FrameType>(buffer_[3]), static_cast<uint8_t>(buffer_[4]),
               static_cast<int32_t>(number(buffer_.substr(5, 4))), buffer_.substr(kHeadSize, size));
    buffer_.erase(0, kHeadSize + size);
  }
}

const Http2Reader::Stream& Http2Reader::stream(int32_t id) const {
  static const Stream nothing;
  auto found = streams_.find(id);
  return found == streams_.end() ? nothing : found->second;
}

void Http2Reader::take_frame(FrameType type, uint8_t flags, int32_t id, std::string_view payload) {
  switch (type) {
    case FrameType::Data:
      streams_[id].body += payload;
      break;
    case FrameType::Headers: {
      if ((flags & kEndHeaders) == 0) throw std::runtime_error("headers in several frames");
      auto& stream = streams_[id];
      auto& into = stream.headers.empty() ? stream.headers : stream.trailers;
      into = inflate(payload);
      break;
    }
    case FrameType::Reset:
      streams_[id].reset = static_cast<Http2Error>(number(payload));
      break;
    case FrameType::Settings:
      for (; payload.size() >= 6; payload.remove_prefix(6))
        settings[static_cast<uint16_t>(number(payload.substr(0, 2)))] =
            number(payload.substr(2, 4));
      break;
    case FrameType::Ping:
      if (flags & kAck) ++pings_acknowledged;
      break;
    case FrameType::Goaway:
      goaway = Goaway{static_cast<int32_t>(number(payload.substr(0, 4))),
                      static_cast<Http2Error>(number(payload.substr(4, 4))),
                      std::string(payload.substr(8))};
      break;
    case FrameType::WindowUpdate:
      (id == 0 ? connection_window_given : streams_[id].window_given) += number(payload);
      break;
    case FrameType::Priority:
    case FrameType::Continuation:
      throw std::runtime_error("a frame that no server here sends");
  }
  const bool can_end = type == FrameType::Data || type == FrameType::Headers;
  if (can_end && (flags & kEndStream)) streams_[id].ended = true;
}

Headers Http2Reader::inflate(std::string_view block) {
  Headers headers;
  const auto* in = reinterpret_cast<const uint8_t*>(block.data());
  size_t left = block.size();
  while (true) {
    nghttp2_nv field;
    int flags = 0;
    const ssize_t used = nghttp2_hd_inflate_hd2(inflater_, &field, &flags, in, left, 1);
    if (used < 0) throw std::runtime_error("a block of headers that is not HPACK");
    in += used;
    left -= static_cast<size_t>(used);
    if (flags & NGHTTP2_HD_INFLATE_EMIT) {
      headers[std::string(reinterpret_cast<char*>(field.name), field.namelen)] =
          std::string(reinterpret_cast<char*>(field.value), field.valuelen);
    }
    if (flags & NGHTTP2_HD_INFLATE_FINAL) break;
  }
  nghttp2_hd_inflate_end_headers(inflater_);
  return headers;
}

}  // namespace sentinel::testing

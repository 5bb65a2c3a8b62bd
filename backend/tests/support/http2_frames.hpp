// HTTP/2 as bytes: frames that tests write themselves, also those that no real client would send,
// and a reader of what a server answers.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/http_client_for_tests.hpp"

struct nghttp2_hd_inflater;

namespace sentinel::testing {

enum class FrameType : uint8_t {
  Data = 0,
  Headers = 1,
  Priority = 2,
  Reset = 3,
  Settings = 4,
  Ping = 6,
  Goaway = 7,
  WindowUpdate = 8,
  Continuation = 9,
};
constexpr uint8_t kAck = 1, kEndStream = 1, kEndHeaders = 4, kPadded = 8;

// Error codes of RFC 9113, section 7.
enum class Http2Error : uint32_t {
  NoError = 0,
  ProtocolError = 1,
  RefusedStream = 7,
  Cancel = 8,
  EnhanceYourCalm = 11,
};

std::string frame(FrameType type, uint8_t flags, int32_t stream, std::string_view payload = {});
// A number as frames have it.
std::string big_endian(uint32_t value);
std::string setting(uint16_t id, uint32_t value);

// What a client begins with: the magic words and its settings.
std::string client_preface(std::string_view settings = {});

using HeaderList = std::vector<std::pair<std::string, std::string>>;
// A block of headers, each in full.
std::string header_block(const HeaderList& headers);
// The headers of a POST to `path`, with more of them.
std::string post_headers(int32_t stream, std::string_view path, const HeaderList& more = {},
                         uint8_t flags = kEndHeaders);
// A POST whole; the body in frames of at most 16 KiB.
std::string post(int32_t stream, std::string_view path, std::string_view body,
                 const HeaderList& more = {});
std::string data(int32_t stream, std::string_view bytes, bool end = false);
std::string reset(int32_t stream, Http2Error code = Http2Error::Cancel);

// What came back, gathered by stream.
class Http2Reader {
 public:
  struct Stream {
    Headers headers;
    Headers trailers;
    std::string body;
    bool ended = false;
    std::optional<Http2Error> reset;
    size_t window_given = 0;  // by window updates

    std::string_view header(std::string_view name) const;
    std::string_view trailer(std::string_view name) const;
  };
  struct Goaway {
    int32_t last_stream = 0;
    Http2Error code{};
    std::string reason;
  };

  Http2Reader();
  ~Http2Reader();

  void take(std::string_view bytes);  // in any pieces
  // Nothing of this stream came: an empty one.
  const Stream& stream(int32_t id) const;

  size_t connection_window_given = 0;
  std::map<uint16_t, uint32_t> settings;
  int pings_acknowledged = 0;
  std::optional<Goaway> goaway;

 private:
  void take_frame(FrameType type, uint8_t flags, int32_t id, std::string_view payload);
  Headers inflate(std::string_view block);

  std::string buffer_;
  std::map<int32_t, Stream> streams_;
  nghttp2_hd_inflater* inflater_ = nullptr;
};

// A connection that reads what it is answered.
class Http2Client : public HttpConnection {
 public:
  explicit Http2Client(uint16_t port, std::string_view settings = {}) : HttpConnection(port) {
    send(client_preface(settings));
  }

  template <class Condition>
  const Http2Reader& read_until(Condition condition) {
    while (!condition(reader_)) reader_.take(read_exactly(1));
    return reader_;
  }
  const Http2Reader::Stream& read_answer_to(int32_t stream) {
    return read_until([&](auto& reader) { return reader.stream(stream).ended; }).stream(stream);
  }
  Http2Reader::Goaway read_goaway() {
    return *read_until([](auto& reader) { return reader.goaway.has_value(); }).goaway;
  }

 private:
  Http2Reader reader_;
};

}  // namespace sentinel::testing

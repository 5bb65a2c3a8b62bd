// The server's half of one HTTP/2 connection (RFC 9113, over nghttp2) as a function of bytes: no
// socket, no thread, no clock of its own. http2_connection.hpp brings the bytes.
//
// What one connection may cost is bounded: `streams_max` bodies of one flow-control window each,
// and beyond that the bodies whose windows were opened wide, which share `large_bodies_bytes_max`.
// All of them take of the server's budget for bodies, as those of HTTP/1.1 do.
// A request that needs more than a window waits for its turn, without time running against it; the
// ones before it end or run out of time, so the turn comes.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/server.hpp"

struct nghttp2_session;

namespace sentinel::http {

class Http2Session {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // A request that is complete, to be answered once.
  struct Arrived {
    int32_t stream;
    Request request;
  };

  // What a stream may send before its window is opened wide: the protocol's own first value.
  static constexpr size_t kWindow = 65'535;

  // All but `now` outlive it, and `bodies` its requests.
  Http2Session(const ServerLimits& limits, MemoryBudget& bodies,
               const std::function<Response(const Error&)>& refuse, Time now);
  ~Http2Session();
  Http2Session(const Http2Session&) = delete;
  Http2Session& operator=(const Http2Session&) = delete;

  // Whether these can be the first bytes of a client that speaks HTTP/2.
  static bool begins(std::string_view bytes);

  void receive(std::string_view bytes, Time now);
  std::vector<Arrived> take_arrived();
  // The answer to an arrived request; dropped when its stream is gone meanwhile.
  void respond(int32_t stream, Response response, Time now);

  // Appends what is to be sent, a piece of about 64 KiB at most.
  void fill(std::string& out, Time now);
  // Frames that wait to be sent. Who lets them grow while the client reads none holds its memory.
  size_t frames_waiting() const;

  // Takes no more requests; over() once those under way are answered.
  void shut_down(Time now);

  // Refuses what took too long to arrive, resets what takes too long to leave, ends an idle
  // connection. Between two calls at most expiry_pause() may pass.
  void expire(Time now);
  std::chrono::steady_clock::duration expiry_pause(Time now) const;

  // Nothing is to be read any more, and nothing to be sent once fill() gives nothing.
  bool over() const;

 private:
  enum class Phase {
    Headers,   // the header block arrives
    Body,      // the body arrives
    Handled,   // complete: whoever took it answers it
    Answered,  // an answer is on its way
  };
  struct Stream {
    Request request;
    Phase phase = Phase::Headers;
    size_t header_bytes = 0;
    bool ended = false;  // by the client
    bool gone = false;   // nghttp2 knows it no more
    bool wide = false;   // its window was opened
    std::optional<Time> deadline;
    std::chrono::steady_clock::duration left{};  // of its time, while it waits for its turn
    Response response;
    size_t sent = 0;  // of the response's body
  };
  struct Callbacks;  // nghttp2 calls these

  void begin(int32_t id);
  void add_header(Stream& stream, std::string_view name, std::string_view value);
  void headers_end(int32_t id, Stream& stream);
  void add_data(int32_t id, std::string_view data);
  void complete(int32_t id, Stream& stream);
  void close(int32_t id);
  void erase(int32_t id);
  void open_windows();
  void open_window(int32_t id, Stream& stream);
  void count_frame();
  void refuse(int32_t id, Stream& stream, const Error& error);
  void submit(int32_t id, Stream& stream, Response response);
  void say_goodbye(uint32_t code, const std::string& reason);
  Stream* find(int32_t id);

  const ServerLimits& limits_;
  MemoryBudget& bodies_;
  const std::function<Response(const Error&)>& refuse_;
  nghttp2_session* session_ = nullptr;
  Time now_;
  std::map<int32_t, Stream> streams_;
  std::vector<Arrived> arrived_;
  std::deque<int32_t> want_wide_;  // streams whose window waits to be opened, in order
  size_t wide_ = 0;
  size_t frames_unanswered_ = 0;     // since the last answer to a request
  int32_t last_taken_ = 0x7fffffff;  // since goodbye was said
  Time idle_since_;
  bool broken_ = false;  // to be ended whatever is under way
};

}  // namespace sentinel::http

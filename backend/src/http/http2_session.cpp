#include "http/http2_session.hpp"

#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

#include "base/log.hpp"

namespace sentinel::http {

namespace {

constexpr std::string_view kMagic(NGHTTP2_CLIENT_MAGIC, NGHTTP2_CLIENT_MAGIC_LEN);
constexpr size_t kPiece = 64 * 1024;
// Data is copied out of it as it arrives, so this bounds nothing but bytes in flight.
constexpr int32_t kConnectionWindow = 1024 * 1024;
constexpr size_t kWindowMax = 0x7fffffff;
constexpr size_t kHeaderOverhead = 32;  // what RFC 9113 6.5.2 counts for each header

std::string_view text(const uint8_t* bytes, size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

uint8_t* bytes(std::string_view text) {
  return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));
}

Method method_of(std::string_view name) {
  if (name == "GET") return Method::Get;
  if (name == "HEAD") return Method::Head;
  return name == "POST" ? Method::Post : Method::Other;
}

std::string lower(std::string_view name) {
  std::string out(name);
  for (char& c : out) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return out;
}

// nghttp2 copies what these point to.
class HeaderBlock {
 public:
  void add(std::string_view name, std::string_view value) {
    names_.push_back(lower(name));
    fields_.push_back({bytes(names_.back()), bytes(value), names_.back().size(), value.size(),
                       NGHTTP2_NV_FLAG_NONE});
  }
  void add(const std::vector<std::pair<std::string, std::string>>& headers) {
    for (const auto& [name, value] : headers) add(name, value);
  }
  const nghttp2_nv* data() const { return fields_.data(); }
  size_t size() const { return fields_.size(); }

 private:
  std::deque<std::string> names_;
  std::vector<nghttp2_nv> fields_;
};

}  // namespace

// Called from C, so nothing may be thrown here; being out of memory ends the process.
struct Http2Session::Callbacks {
  static Http2Session& self(void* user) { return *static_cast<Http2Session*>(user); }

  static int begin_frame(nghttp2_session*, const nghttp2_frame_hd* head, void* user) noexcept {
    if (head->type != NGHTTP2_DATA || head->length == 0) self(user).count_frame();
    return 0;
  }

  static int begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept {
    if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) self(user).begin(frame->hd.stream_id);
    return 0;
  }

  static int header(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name,
                    size_t name_size, const uint8_t* value, size_t value_size, uint8_t,
                    void* user) noexcept {
    auto* stream = self(user).find(frame->hd.stream_id);
    // Trailers of a request say nothing to us.
    if (stream && stream->phase == Phase::Headers)
      self(user).add_header(*stream, text(name, name_size), text(value, value_size));
    return 0;
  }

  static int frame_received(nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept {
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
    auto* stream = self(user).find(frame->hd.stream_id);
    if (!stream) return 0;
    const int32_t id = frame->hd.stream_id;
    stream->ended = stream->ended || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (stream->phase == Phase::Headers) self(user).headers_end(id, *stream);
    if (stream->ended && stream->phase == Phase::Body) self(user).complete(id, *stream);
    return 0;
  }

  static int data_received(nghttp2_session*, uint8_t, int32_t id, const uint8_t* data, size_t size,
                           void* user) noexcept {
    self(user).add_data(id, text(data, size));
    return 0;
  }

  static int stream_closed(nghttp2_session*, int32_t id, uint32_t, void* user) noexcept {
    self(user).close(id);
    return 0;
  }

  // Who answered before the request was complete asks for no more of it.
  static int frame_sent(nghttp2_session* session, const nghttp2_frame* frame, void* user) noexcept {
    const bool can_end = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (!can_end || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
    auto* stream = self(user).find(frame->hd.stream_id);
    if (stream && !stream->ended) {
      nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_NO_ERROR);
    }
    return 0;
  }

  static ssize_t read_body(nghttp2_session* session, int32_t id, uint8_t* out, size_t size,
                           uint32_t* flags, nghttp2_data_source*, void* user) noexcept {
    auto* stream = self(user).find(id);
    if (!stream) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    auto& response = stream->response;
    size = std::min(size, response.body.size() - stream->sent);
    std::memcpy(out, response.body.data() + stream->sent, size);
    stream->sent += size;
    if (stream->sent < response.body.size()) return static_cast<ssize_t>(size);
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (!response.trailers.empty()) {
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      HeaderBlock trailers;
      trailers.add(response.trailers);
      nghttp2_submit_trailer(session, id, trailers.data(), trailers.size());
    }
    return static_cast<ssize_t>(size);
  }

  static nghttp2_session* make_session(Http2Session& owner) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_option* options = nullptr;
    if (nghttp2_session_callbacks_new(&callbacks) != 0) throw std::bad_alloc();
    nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, begin_frame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frame_received);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, data_received);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, stream_closed);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, frame_sent);
    nghttp2_session* session = nullptr;
    int made = nghttp2_option_new(&options);
    if (made == 0) {
      nghttp2_option_set_no_auto_window_update(options, 1);
      made = nghttp2_session_server_new2(&session, callbacks, &owner, options);
      nghttp2_option_del(options);
    }
    nghttp2_session_callbacks_del(callbacks);
    if (made != 0) throw std::bad_alloc();
    return session;
  }
};

Http2Session::Http2Session(const ServerLimits& limits, MemoryBudget& bodies,
                           const std::function<Response(const Error&)>& refuse, Time now)
    : limits_(limits), bodies_(bodies), refuse_(refuse), now_(now), idle_since_(now) {
  session_ = Callbacks::make_session(*this);
  const std::array<nghttp2_settings_entry, 3> settings{{
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, static_cast<uint32_t>(limits_.http2.streams_max)},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<uint32_t>(limits_.header_bytes_max)},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  }};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
}

Http2Session::~Http2Session() { nghttp2_session_del(session_); }

bool Http2Session::begins(std::string_view bytes) {
  return bytes.substr(0, kMagic.size()) == kMagic.substr(0, bytes.size());
}

void Http2Session::receive(std::string_view bytes, Time now) {
  now_ = now;
  // Negative: it is not HTTP/2, or floods us with what has to be acknowledged.
  if (nghttp2_session_mem_recv(session_, http::bytes(bytes), bytes.size()) < 0) broken_ = true;
}

std::vector<Http2Session::Arrived> Http2Session::take_arrived() {
  return std::exchange(arrived_, {});
}

void Http2Session::respond(int32_t id, Response response, Time now) {
  now_ = now;
  auto* stream = find(id);
  if (!stream) return;
  if (stream->gone) return erase(id);
  frames_unanswered_ = 0;
  submit(id, *stream, std::move(response));
}

void Http2Session::fill(std::string& out, Time now) {
  now_ = now;
  while (out.size() < kPiece) {
    const uint8_t* frame = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &frame);
    if (size < 0) broken_ = true;
    if (size <= 0) break;
    out += text(frame, static_cast<size_t>(size));
  }
}

size_t Http2Session::frames_waiting() const {
  return nghttp2_session_get_outbound_queue_size(session_);
}

void Http2Session::shut_down(Time now) {
  now_ = now;
  say_goodbye(NGHTTP2_NO_ERROR, "the server stops");
}

bool Http2Session::over() const {
  return broken_ || (!nghttp2_session_want_read(session_) && !nghttp2_session_want_write(session_));
}

void Http2Session::expire(Time now) {
  now_ = now;
  if (broken_) return;
  for (auto& [id, stream] : streams_) {
    if (!stream.deadline || *stream.deadline > now) continue;
    stream.deadline.reset();
    if (stream.phase == Phase::Headers) {
      // The block's rest would have to be read before anything else of the connection.
      say_goodbye(NGHTTP2_ENHANCE_YOUR_CALM,
                  fmt::format("headers did not arrive within the limit of {} s",
                              limits_.http2.transfer_max.count()));
      broken_ = true;
    } else if (stream.phase == Phase::Body) {
      refuse(id, stream,
             Error{ErrorCode::Unavailable, "request_too_slow",
                   fmt::format("the request did not arrive within the limit of {} s",
                               limits_.http2.transfer_max.count())});
    } else {
      nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
    }
  }
  if (streams_.empty() && idle_since_ + limits_.idle_max <= now) {
    say_goodbye(NGHTTP2_NO_ERROR, fmt::format("idle for {} s", limits_.idle_max.count()));
    broken_ = true;
  }
}

// Whatever begins after this call has at least the shorter of the two limits before it.
std::chrono::steady_clock::duration Http2Session::expiry_pause(Time now) const {
  Time next = now + std::min(limits_.http2.transfer_max, limits_.idle_max);
  if (broken_) return next - now;
  for (const auto& [id, stream] : streams_) next = std::min(next, stream.deadline.value_or(next));
  if (streams_.empty()) next = std::min(next, idle_since_ + limits_.idle_max);
  return next - now;
}

void Http2Session::begin(int32_t id) {
  // nghttp2 counts the streams that are open; requests whose client took its stream back while they
  // were handled count here too.
  if (streams_.size() >= limits_.http2.streams_max) {
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, NGHTTP2_REFUSED_STREAM);
    return;
  }
  auto& stream = streams_[id];
  stream.deadline = now_ + limits_.http2.transfer_max;
  stream.request.body_lease = MemoryLease(&bodies_);
}

void Http2Session::add_header(Stream& stream, std::string_view name, std::string_view value) {
  stream.header_bytes += name.size() + value.size() + kHeaderOverhead;
  if (stream.header_bytes > limits_.header_bytes_max) return;  // refused when the block ends
  if (name == ":method") {
    stream.request.method = method_of(value);
  } else if (name == ":path") {
    const size_t mark = value.find('?');
    stream.request.path = value.substr(0, mark);
    if (mark != value.npos) stream.request.query = value.substr(mark + 1);
  } else if (name == ":authority") {
    stream.request.headers.emplace_back("host", value);
  } else if (!name.starts_with(':')) {
    stream.request.headers.emplace_back(name, value);
  }
}

void Http2Session::headers_end(int32_t id, Stream& stream) {
  stream.phase = Phase::Body;
  if (stream.header_bytes <= limits_.header_bytes_max) return;
  refuse(
      id, stream,
      Error{ErrorCode::TooLarge, "header_too_large",
            fmt::format("the headers are over the limit of {} bytes", limits_.header_bytes_max)});
}

void Http2Session::add_data(int32_t id, std::string_view data) {
  nghttp2_session_consume_connection(session_, data.size());
  auto* stream = find(id);
  if (!stream || stream->phase != Phase::Body) return;
  auto& body = stream->request.body;
  if (body.size() + data.size() > limits_.body_bytes_max) {
    return refuse(
        id, *stream,
        Error{ErrorCode::TooLarge, "body_too_large",
              fmt::format("the body is over the limit of {} bytes", limits_.body_bytes_max)});
  }
  if (auto held = stream->request.body_lease.hold(body.size() + data.size()); !held)
    return refuse(id, *stream, held.error());
  const bool half_before = body.size() > kWindow / 2;
  body += data;
  if (stream->wide) {
    nghttp2_session_consume_stream(session_, id, data.size());
  } else if (!half_before && body.size() > kWindow / 2) {
    want_wide_.push_back(id);
    stream->left = *stream->deadline - now_;
    stream->deadline.reset();
    open_windows();
  }
}

void Http2Session::complete(int32_t id, Stream& stream) {
  if (id > last_taken_) return;  // the client was told that it may send this elsewhere
  stream.phase = Phase::Handled;
  stream.deadline.reset();
  std::erase(want_wide_, id);
  arrived_.push_back({id, std::move(stream.request)});
}

void Http2Session::close(int32_t id) {
  auto* stream = find(id);
  if (!stream) return;
  // The request is another's now, and is answered there: until then it counts.
  if (stream->phase == Phase::Handled) {
    stream->gone = true;
  } else {
    erase(id);
  }
}

void Http2Session::erase(int32_t id) {
  std::erase(want_wide_, id);
  if (streams_.at(id).wide) --wide_;
  streams_.erase(id);
  if (streams_.empty()) idle_since_ = now_;
  open_windows();
}

void Http2Session::open_windows() {
  const size_t wide_max =
      std::max<size_t>(1, limits_.http2.large_bodies_bytes_max / limits_.body_bytes_max);
  while (wide_ < wide_max && !want_wide_.empty()) {
    const int32_t id = want_wide_.front();
    want_wide_.pop_front();
    open_window(id, streams_.at(id));
  }
}

void Http2Session::open_window(int32_t id, Stream& stream) {
  ++wide_;
  stream.wide = true;
  stream.deadline = now_ + stream.left;
  const auto window = static_cast<int32_t>(std::clamp(limits_.body_bytes_max, kWindow, kWindowMax));
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, id, window);
  nghttp2_session_consume_stream(session_, id, stream.request.body.size());
}

// Pings, settings, window updates, resets, empty data: each costs something and none is a request.
// One that floods us with them has no answers between them.
void Http2Session::count_frame() {
  if (broken_ || ++frames_unanswered_ <= limits_.http2.frames_unanswered_max) return;
  say_goodbye(NGHTTP2_ENHANCE_YOUR_CALM,
              fmt::format("over {} frames without a request that was answered",
                          limits_.http2.frames_unanswered_max));
  broken_ = true;
}

void Http2Session::refuse(int32_t id, Stream& stream, const Error& error) {
  stream.request.body = {};
  stream.request.body_lease = {};
  std::erase(want_wide_, id);
  submit(id, stream, refuse_(error));
}

void Http2Session::submit(int32_t id, Stream& stream, Response response) {
  if (response.stream) {
    log::error("a handler answers piece by piece, which HTTP/2 here does not");
    response = refuse_(Error{ErrorCode::Internal, "internal", "the server failed"});
  }
  stream.phase = Phase::Answered;
  stream.deadline = now_ + limits_.http2.transfer_max;
  stream.response = std::move(response);
  const auto& answer = stream.response;
  const auto status = std::to_string(answer.status);
  HeaderBlock head;
  head.add(":status", status);
  if (answer.status != 204 && answer.status != 304) head.add("content-type", answer.content_type);
  head.add(answer.headers);
  nghttp2_data_provider body{{}, Callbacks::read_body};
  const bool has_body =
      stream.request.method != Method::Head && !(answer.body.empty() && answer.trailers.empty());
  nghttp2_submit_response(session_, id, head.data(), head.size(), has_body ? &body : nullptr);
}

void Http2Session::say_goodbye(uint32_t code, const std::string& reason) {
  last_taken_ = nghttp2_session_get_last_proc_stream_id(session_);
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, last_taken_, code, bytes(reason),
                        reason.size());
}

Http2Session::Stream* Http2Session::find(int32_t id) {
  auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : &found->second;
}

}  // namespace sentinel::http

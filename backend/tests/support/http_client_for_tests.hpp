// A small blocking HTTP client for tests, on raw sockets: it can send anything, also what no real
// client would. Nothing waits longer than 60 s; what takes longer throws, so that a hanging server
// fails the test instead of blocking it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace sentinel::testing {

using Headers = std::map<std::string, std::string, std::less<>>;

struct Answer {
  int status = 0;
  Headers headers;  // names in lower case; of a repeated one, the last
  std::string body;
  // Of a chunked body: whether its last chunk came. Without it the transfer was cut.
  bool complete = true;

  std::string_view header(std::string_view name) const;
};

// One connection. Every failure to send, to read or to understand throws std::runtime_error.
class HttpConnection {
 public:
  explicit HttpConnection(uint16_t port);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  void send(std::string_view bytes);
  // Like send(), but a server that stops reading is no failure: gives whether all could be sent.
  bool try_send(std::string_view bytes);
  void end_sending();  // half-closes
  void cut();          // resets the connection, as a client that dies does

  // The next answer whole. `to_head`: there is no body, whatever the headers say.
  Answer read_answer(bool to_head = false);
  Answer read_head();  // status and headers alone
  // The next line without its end; nullopt at the end of the connection.
  std::optional<std::string> read_line();
  std::string read_exactly(size_t size);
  std::string read_to_end();
  bool at_end();  // waits until the server closes or sends more

 private:
  bool fill();  // false at the end
  void read_chunks(Answer& answer);

  int socket_;
  std::string buffer_;
};

// A request a connection, closed after it.
class HttpClient {
 public:
  explicit HttpClient(uint16_t port) : port_(port) {}

  Answer get(std::string_view path, const Headers& headers = {}) const;
  Answer head(std::string_view path, const Headers& headers = {}) const;
  Answer post(std::string_view path, std::string_view body, const Headers& headers = {}) const;
  Answer request(std::string_view method, std::string_view path, std::string_view body,
                 const Headers& headers) const;

 private:
  uint16_t port_;
};

// One request as it goes over the wire. Content-Length is added where there is a body or the method
// is POST.
std::string to_wire(std::string_view method, std::string_view path, std::string_view body,
                    const Headers& headers);

// `text` as one component of a path or query.
std::string percent_encode(std::string_view text);

struct StreamEvent {
  std::string id;
  std::string type;
  std::string data;
};

// An open stream of server-sent events.
class EventStream {
 public:
  // Throws when the answer is not 200 and text/event-stream.
  EventStream(uint16_t port, std::string_view path, const Headers& headers);

  const Answer& head() const { return head_; }
  // The next event, of one type when it is given; throws after 60 s and when the stream ends.
  StreamEvent next(std::string_view type = {});
  void cut() { connection_.cut(); }

 private:
  std::string read_line();

  HttpConnection connection_;
  Answer head_;
  std::string text_;  // unpacked from chunks, not yet read
};

}  // namespace sentinel::testing

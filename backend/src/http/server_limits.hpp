// What a server takes. Sizes of a single request are the contract's, the same on every node, so
// that a client can rely on them; how many clients there may be at once, and how slow, is a
// setting.
#pragma once

#include <chrono>
#include <cstddef>

namespace sentinel::http {

// Of one connection of HTTP/2, beside those below (http2_session.hpp says what they bound).
struct Http2Limits {
  size_t streams_max = 100;  // requests at once
  size_t large_bodies_bytes_max = 32 * 1024 * 1024;
  size_t frames_unanswered_max = 1000;    // pings, settings, resets, … without an answered request
  std::chrono::seconds transfer_max{30};  // for a request to arrive, or an answer to leave
};

struct ServerLimits {
  // Of one request, as the contract says: no settings.
  size_t header_bytes_max = 16 * 1024;
  size_t headers_max = 100;
  size_t body_bytes_max = 8 * 1024 * 1024;            // as sent
  size_t body_unpacked_bytes_max = 64 * 1024 * 1024;  // unpacked

  // Settings: connections, connections_per_address, bodies_mb.
  size_t connections_max = 4096;
  size_t connections_per_address_max = 0;  // 0: any number; behind a proxy all have its address
  size_t bodies_bytes_max =
      256 * 1024 * 1024;  // of all requests from their first byte until they are answered

  // Settings: idle_s, header_s, body_s, body_rate.
  std::chrono::seconds idle_max{75};    // between requests
  std::chrono::seconds header_max{10};  // from the first byte of a request to the end of its head
  std::chrono::seconds body_max{60};    // from there to the end of its body
  // A body that comes slower than so many bytes a second, counted over all of it after
  // `body_grace`, has no time left.
  size_t body_rate_min = 1024;
  std::chrono::seconds body_grace{5};  // no setting: a pause of the network, not of a client

  // For a piece of an answer to leave. No setting: what reads too slowly is no better for more
  // time.
  std::chrono::seconds send_max{30};

  Http2Limits http2{};
};

}  // namespace sentinel::http

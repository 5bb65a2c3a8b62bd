// An answer on the wire of HTTP/1.1.
#pragma once

#include <chrono>
#include <string>

#include "http/deadlines.hpp"
#include "http/message.hpp"

namespace sentinel::http {

// The head of an answer, in a text with room for its body.
std::string head(const Response& response, bool keep_alive);

// The whole answer, its body packed where that pays.
std::string whole(const Request& request, Response& response, bool keep_alive);

// Sends an answer that streams its body: where its length is known as it is, else in chunks, packed
// where that pays. No write may take longer than `limit`. When it fails, the body is not complete
// on the wire: without its last chunk, or shorter than it said; the connection must be cut.
// Errors: Unavailable (client_gone), those of the stream.
Task<Result<void>> send_stream(Socket& socket, Deadline& deadline, std::chrono::seconds limit,
                               const Request& request, Response& response);

}  // namespace sentinel::http

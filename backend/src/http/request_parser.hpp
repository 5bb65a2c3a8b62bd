// Puts the head of a request, and a body that comes in chunks, into a Request as they come. Beast
// reads the syntax; its own message would have to be copied.
#pragma once

#include <boost/beast/http/basic_parser.hpp>

#include "http/message.hpp"

namespace sentinel::http {

class RequestParser : public boost::beast::http::basic_parser<true> {
 public:
  // `request` is as good as new, and must outlive it.
  explicit RequestParser(Request& request) : request_(request) {}

  Request& request() { return request_; }
  // Whether a client waits for a sign before it sends its body.
  bool expects_continue() const { return expects_continue_; }

 private:
  using error_code = boost::beast::error_code;
  using string_view = boost::beast::string_view;
  using Length = boost::optional<std::uint64_t>;

  void on_request_impl(boost::beast::http::verb method, string_view, string_view target, int,
                       error_code&) override;
  void on_field_impl(boost::beast::http::field field, string_view name, string_view value,
                     error_code&) override;
  size_t on_body_impl(string_view body, error_code&) override { return append(body); }
  size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code&) override {
    return append(body);
  }
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const Length&, error_code&) override {}
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  void on_finish_impl(error_code&) override {}

  size_t append(string_view body);

  Request& request_;
  bool expects_continue_ = false;
};

}  // namespace sentinel::http

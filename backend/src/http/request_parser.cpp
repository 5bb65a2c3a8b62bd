#include "http/request_parser.hpp"

namespace sentinel::http {

namespace {

namespace beast = boost::beast;

constexpr size_t kHeadersExpected = 8;

Method method_of(beast::http::verb verb) {
  switch (verb) {
    case beast::http::verb::get:
      return Method::Get;
    case beast::http::verb::head:
      return Method::Head;
    case beast::http::verb::post:
      return Method::Post;
    default:
      return Method::Other;
  }
}

}  // namespace

void RequestParser::on_request_impl(beast::http::verb method, string_view, string_view target, int,
                                    error_code&) {
  request_.method = method_of(method);
  std::string_view text(target.data(), target.size());
  const size_t mark = text.find('?');
  request_.path = text.substr(0, mark);
  if (mark != text.npos) request_.query = text.substr(mark + 1);
  request_.headers.reserve(kHeadersExpected);
}

void RequestParser::on_field_impl(beast::http::field field, string_view name, string_view value,
                                  error_code&) {
  auto& header = request_.headers.emplace_back(name, value);
  for (char& c : header.first) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  if (field == beast::http::field::expect && beast::iequals(value, "100-continue"))
    expects_continue_ = true;
}

size_t RequestParser::append(string_view body) {
  request_.body.append(body.data(), body.size());
  return body.size();
}

}  // namespace sentinel::http

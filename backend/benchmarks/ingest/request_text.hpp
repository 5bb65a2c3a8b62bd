// The requests of the load generator: the same records in the form that each server takes.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <iterator>
#include <map>
#include <string>
#include <string_view>

#include "otlp_request.hpp"
#include "record_text.hpp"

namespace sentinel::benchmarks {

enum class Form { Values, EveryColumn, Span, Line, Otlp };
inline const std::map<std::string, Form> kForms{{"values", Form::Values},
                                                {"every-column", Form::EveryColumn},
                                                {"span", Form::Span},
                                                {"line", Form::Line},
                                                {"otlp", Form::Otlp}};

struct Options {
  std::string host = "127.0.0.1";
  uint16_t port = 8000;
  std::string path = "/api/v1/metrics";
  std::string key;
  Form form = Form::Values;
  double rate = 0;  // requests a second; 0 is the closed loop
  unsigned connections = 64;
  unsigned batch = 1;
  double duration_s = 10;
  double warmup_s = 1;
};

class RequestText {
 public:
  explicit RequestText(const Options& options)
      : options_(options), record_(template_of(options.form)) {}

  void write(std::string& out) {
    body_.clear();
    auto now = std::chrono::system_clock::now().time_since_epoch();
    int64_t unix_us = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
    if (options_.form == Form::Otlp) {
      otlp_.append(body_, options_.batch, unix_us);
    } else {
      write_texts(unix_us);
    }
    out.clear();
    fmt::format_to(std::back_inserter(out),
                   "POST {} HTTP/1.1\r\nHost: {}:{}\r\nAuthorization: Bearer {}\r\n"
                   "Content-Type: {}\r\nContent-Length: {}\r\n\r\n",
                   options_.path, options_.host, options_.port, options_.key,
                   content_type(options_.form), body_.size());
    out += body_;
  }

 private:
  static std::string_view template_of(Form form) {
    switch (form) {
      case Form::EveryColumn:
        return kEveryColumnJson;
      case Form::Span:
        return kSpanJson;
      case Form::Line:
        return kValuesLine;
      default:
        return kValuesJson;
    }
  }
  static std::string_view content_type(Form form) {
    if (form == Form::Otlp) return "application/x-protobuf";
    return form == Form::Line ? "text/plain" : "application/json";
  }

  void write_texts(int64_t unix_us) {
    const bool array = options_.batch > 1 && options_.form != Form::Line;
    if (array) body_ += '[';
    for (unsigned i = 0; i < options_.batch; ++i) {
      if (array && i > 0) body_ += ',';
      record_.append(body_, unix_us - static_cast<int64_t>(options_.batch - i));
    }
    if (array) body_ += ']';
  }

  const Options& options_;
  RecordText record_;
  OtlpRequest otlp_;
  std::string body_;
};

}  // namespace sentinel::benchmarks

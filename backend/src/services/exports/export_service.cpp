#include "services/exports/export_service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace sentinel::exports {

namespace {

constexpr size_t kPieceBytes = 256 * 1024;

// A text cell that a spreadsheet would take for a formula gets a quote in front, as OWASP advises.
std::string safe_text(std::string_view sql) {
  return fmt::format("CASE WHEN {0} ~ '^[=+\\-@\\t\\r]' THEN '''' || {0} ELSE {0} END", sql);
}

std::string csv_statement(const ExportRequest& request) {
  std::string columns;
  for (const auto* column : request.columns) {
    if (!columns.empty()) columns += ", ";
    const auto sql = query::sql_of(*column, {});
    columns += (column->text ? safe_text(sql) : sql) + fmt::format(" AS \"{}\"", column->name);
  }
  return fmt::format(
      "COPY (SELECT {} {} ORDER BY {}) TO STDOUT (FORMAT csv, HEADER)", columns,
      query::raw_source({.agents = request.agents, .start = request.start, .end = request.end},
                        columns),
      storage::kRecordOrder);
}

std::string json_statement(const ExportRequest& request) {
  std::string columns;
  for (const auto* column : request.columns) {
    if (!columns.empty()) columns += ", ";
    columns += fmt::format("{} AS \"{}\"", query::sql_of(*column, {}), column->name);
  }
  return fmt::format(
      "COPY (SELECT row_to_json(x) FROM (SELECT {} {} ORDER BY {}) x) TO STDOUT", columns,
      query::raw_source({.agents = request.agents, .start = request.start, .end = request.end},
                        columns),
      storage::kRecordOrder);
}

// COPY's text form writes a backslash as two. JSON text holds no raw control characters, so nothing
// else is escaped.
std::string unescape_copy(const std::string& text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

// RFC 4180 ends lines with CRLF. No cell holds a line break: names have no control characters, and
// JSON escapes them.
std::string with_crlf(const std::string& text) {
  std::string out;
  out.reserve(text.size() + text.size() / 32);
  for (size_t begin = 0; begin < text.size();) {
    size_t end = std::min(text.find('\n', begin), text.size());
    out.append(text, begin, end - begin);
    if (end < text.size()) out += "\r\n";
    begin = end + 1;
  }
  return out;
}

// Turns what COPY writes, always whole rows, into a format, piece by piece.
class Shaper {
 public:
  explicit Shaper(Format format) : format_(format) {}

  std::string piece(const std::string& rows) {
    switch (format_) {
      case Format::Csv:
        return with_crlf(rows);
      case Format::Ndjson:
        return unescape_copy(rows);
      case Format::Json:
        break;
    }
    return as_items(unescape_copy(rows));
  }
  // What comes last; without it a JSON array is not complete.
  std::string end() const {
    if (format_ != Format::Json) return "";
    return begun_ ? "\n]\n" : "[]\n";
  }

 private:
  std::string as_items(std::string_view lines) {
    std::string out;
    out.reserve(lines.size() + lines.size() / 32);
    while (!lines.empty()) {
      const size_t end = std::min(lines.find('\n'), lines.size());
      out.append(begun_ ? ",\n" : "[\n").append(lines.substr(0, end));
      begun_ = true;
      lines.remove_prefix(std::min(end + 1, lines.size()));
    }
    return out;
  }

  const Format format_;
  bool begun_ = false;
};

Task<Result<void>> stream_rows(std::shared_ptr<postgres::Pool::Lease> lease, std::string first,
                               Format format, http::BodyStream& body) {
  Shaper shaper(format);
  for (std::string rows = std::move(first); !rows.empty();) {
    auto written = co_await body.write(shaper.piece(rows));
    if (!written) co_return written;
    auto next = co_await (*lease)->next_copy_chunk(kPieceBytes);
    if (!next) co_return forward(next);
    rows = std::move(*next);
  }
  co_return co_await body.write(shaper.end());
}

}  // namespace

Result<std::vector<const query::RawColumn*>> find_columns(const std::vector<std::string>& names) {
  std::vector<const query::RawColumn*> columns;
  for (const auto& column : query::raw_columns()) {
    if (names.empty()) columns.push_back(&column);
  }
  for (const auto& name : names) {
    auto found = std::ranges::find(query::raw_columns(), name, &query::RawColumn::name);
    if (found == query::raw_columns().end()) {
      return fail(ErrorCode::InvalidArgument, "column_unknown",
                  fmt::format("there is no column '{}'", name.substr(0, 60)));
    }
    columns.push_back(&*found);
  }
  return columns;
}

Task<Result<std::function<Task<Result<void>>(http::BodyStream&)>>> ExportService::start(
    ExportRequest request) {
  if (auto range = query::check_range(request.start, request.end); !range) co_return forward(range);
  auto acquired = co_await database_.acquire();
  if (!acquired) co_return forward(acquired);
  auto lease = std::make_shared<postgres::Pool::Lease>(std::move(*acquired));
  auto sql = request.format == Format::Csv ? csv_statement(request) : json_statement(request);
  auto begun = co_await (*lease)->begin_copy_out(sql);
  if (!begun) co_return forward(begun);
  auto first = co_await (*lease)->next_copy_chunk(kPieceBytes);
  if (!first) co_return forward(first);
  co_return [lease, piece = std::move(*first), format = request.format](http::BodyStream& body) {
    return stream_rows(lease, piece, format, body);
  };
}

}  // namespace sentinel::exports

#include "services/exports/export_service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>

#include "services/exports/spreadsheet.hpp"

namespace sentinel::exports {

namespace {

using query::RawColumn;

constexpr size_t kPieceBytes = 256 * 1024;

// A text cell that a spreadsheet would take for a formula gets a quote in front, as OWASP advises.
std::string safe_text(std::string_view sql) {
  return fmt::format("CASE WHEN {0} ~ '^[=+\\-@\\t\\r]' THEN '''' || {0} ELSE {0} END", sql);
}

SnapshotRows::Statement statement_of(const ExportRequest& request) {
  std::string columns;
  for (const auto* column : request.columns) {
    const bool risky = request.format == Format::Csv && column->kind == RawColumn::Kind::Text;
    columns += fmt::format("{}{} AS \"{}\"", columns.empty() ? "" : ", ",
                           risky ? safe_text(column->sql) : column->sql, column->name);
  }
  return [columns = std::move(columns), format = request.format](const storage::RecordRange& slice,
                                                                 bool first) {
    const auto select = fmt::format("SELECT {} {} ORDER BY {}", columns,
                                    query::raw_source(slice, columns), storage::kRecordOrder);
    switch (format) {
      case Format::Csv:
        return fmt::format("COPY ({}) TO STDOUT (FORMAT csv, HEADER {})", select, first);
      case Format::Xlsx:
        return fmt::format("COPY ({}) TO STDOUT", select);
      case Format::Json:
      case Format::Ndjson:
        break;
    }
    return fmt::format("COPY (SELECT row_to_json(x) FROM ({}) x) TO STDOUT", select);
  };
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

// Turns what COPY writes, always whole rows, into a text format, piece by piece.
class Shaper {
 public:
  explicit Shaper(Format format) : format_(format) {}

  std::string piece(const std::string& rows) {
    if (format_ == Format::Csv) return with_crlf(rows);
    auto lines = unescape_copy(rows);
    return format_ == Format::Json ? as_items(lines) : lines;
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

Task<Result<void>> stream_rows(std::shared_ptr<SnapshotRows> rows, std::string piece, Format format,
                               http::BodyStream& body) {
  Shaper shaper(format);
  while (!piece.empty()) {
    auto written = co_await body.write(shaper.piece(piece));
    if (!written) co_return written;
    auto next = co_await rows->next(kPieceBytes);
    if (!next) co_return forward(next);
    piece = std::move(*next);
  }
  co_return co_await body.write(shaper.end());
}

Task<Result<void>> stream_file(std::shared_ptr<Spreadsheet> file, http::BodyStream& body) {
  for (uint64_t offset = 0;;) {
    auto piece = file->read(offset, kPieceBytes);
    if (!piece) co_return forward(piece);
    if (piece->empty()) co_return Result<void>{};
    offset += piece->size();
    auto written = co_await body.write(std::move(*piece));
    if (!written) co_return written;
  }
}

template <class Work>
Task<std::invoke_result_t<Work>> perform(Work work) {
  co_return work();
}

}  // namespace

Result<std::vector<const RawColumn*>> find_columns(const std::vector<std::string>& names) {
  std::vector<const RawColumn*> columns;
  for (const auto& column : query::raw_columns()) {
    if (names.empty()) columns.push_back(&column);
  }
  for (const auto& name : names) {
    auto found = std::ranges::find(query::raw_columns(), name, &RawColumn::name);
    if (found == query::raw_columns().end()) {
      return fail(ErrorCode::InvalidArgument, "column_unknown",
                  fmt::format("there is no column '{}'", name.substr(0, 60)));
    }
    columns.push_back(&*found);
  }
  return columns;
}

Task<Result<Export>> ExportService::start(ExportRequest request) {
  if (auto range = query::check_range(request.start, request.end); !range) co_return forward(range);
  storage::RecordRange range{
      .agents = std::move(request.agents), .start = request.start, .end = request.end};
  auto statement = statement_of(request);
  auto opened =
      co_await SnapshotRows::open(database_, sums_, std::move(range), std::move(statement));
  if (!opened) co_return forward(opened);
  if (request.format == Format::Xlsx && request.body_wanted) {
    co_return co_await write_spreadsheet(std::move(*opened), std::move(request.columns));
  }
  auto rows = std::make_shared<SnapshotRows>(std::move(*opened));
  auto first = co_await rows->next(kPieceBytes);
  if (!first) co_return forward(first);
  Export started{.estimated_rows = rows->estimated_rows(), .bytes = std::nullopt, .stream = {}};
  started.stream = [rows, first = std::move(*first), format = request.format](
                       http::BodyStream& body) { return stream_rows(rows, first, format, body); };
  co_return started;
}

Task<Result<Export>> ExportService::write_spreadsheet(SnapshotRows rows,
                                                      std::vector<const RawColumn*> columns) {
  auto created = Spreadsheet::create(folder_, std::move(columns), rows.estimated_rows());
  if (!created) co_return forward(created);
  std::shared_ptr<Spreadsheet> file = std::move(*created);
  for (;;) {
    auto piece = co_await rows.next(kPieceBytes);
    if (!piece) co_return forward(piece);
    if (piece->empty()) break;
    auto add = perform([file, piece = std::move(*piece)] { return file->add(piece); });
    auto added =
        co_await asio::co_spawn(writing_.get_executor(), std::move(add), asio::use_awaitable);
    if (!added) co_return forward(added);
  }
  auto finish = perform([file] { return file->finish(); });
  auto bytes =
      co_await asio::co_spawn(writing_.get_executor(), std::move(finish), asio::use_awaitable);
  if (!bytes) co_return forward(bytes);
  co_return Export{.estimated_rows = rows.estimated_rows(),
                   .bytes = *bytes,
                   .stream = [file](http::BodyStream& body) { return stream_file(file, body); }};
}

}  // namespace sentinel::exports

// The dashboard's files, kept in memory with their packed form: read once at start, before
// privileges are dropped.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "http/message.hpp"

namespace sentinel::http {

class StaticFiles {
 public:
  // Errors: NotFound when there is no index.html.
  static Result<StaticFiles> load(const std::filesystem::path& folder);

  // The file, or index.html for a path without a dot (a page of the dashboard), or 404.
  Response respond(const Request& request) const;

 private:
  struct File {
    std::string_view type;  // a literal
    std::string plain;
    std::string packed;      // empty when packing does not pay
    bool immutable = false;  // its name holds a hash of its content
    std::string etag;
  };
  std::map<std::string, File, std::less<>> files_;  // by path, with the leading /
};

}  // namespace sentinel::http

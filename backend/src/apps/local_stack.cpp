#include "apps/local_stack.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "apps/stack_settings.hpp"
#include "base/log.hpp"
#include "base/replace_file.hpp"
#include "base/run_now.hpp"

namespace sentinel::apps {

namespace {

namespace fs = std::filesystem;

// Beside the program: in a source tree, an installed package, or where the setting says.
Result<http::StaticFiles> load_dashboard(const std::string& wanted) {
  if (!wanted.empty()) return http::StaticFiles::load(wanted);
  std::error_code error;
  auto program = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const char* place : {"../../../frontend/dist", "../share/sentinel/dashboard"}) {
    if (fs::exists(program / place / "index.html")) return http::StaticFiles::load(program / place);
  }
  return fail(ErrorCode::NotFound, "dashboard_missing",
              "the dashboard is not built\nHINT: make build, or --dashboard FOLDER");
}

std::string address_file(const std::string& data_folder) { return data_folder + "/address"; }

}  // namespace

std::string shown_address(const std::string& listen, uint16_t port) {
  auto host = listen.substr(0, listen.rfind(':'));
  if (host == "0.0.0.0" || host == "[::]" || host.empty()) host = "127.0.0.1";
  return fmt::format("http://{}:{}", host, port);
}

namespace {

// Over SSH the address is on the other machine: say how to reach it from here.
void print_ssh_hint(uint16_t port) {
  const char* connection = std::getenv("SSH_CONNECTION");
  if (!connection) return;
  std::string words = connection;  // client-ip client-port server-ip server-port
  size_t third = words.find(' ', words.find(' ') + 1) + 1;
  auto server = words.substr(third, words.find(' ', third) - third);
  const char* user = std::getenv("USER");
  fmt::print("  over ssh   ssh -L {0}:127.0.0.1:{0} {1}@{2}\n", port, user ? user : "USER", server);
}

}  // namespace

Result<void> print_welcome(Stack& stack, const Settings& settings, uint16_t port, Link link) {
  asio::io_context context{1};
  postgres::Database database(stack.db_api()->database().endpoint());
  accounts::AccountsService accounts(database);
  auto address = shown_address(settings.text("listen"), port);
  auto users = run_now(context, accounts.has_users());
  if (!users) return forward(users);
  const bool signs_in = *users && link == Link::WithoutUsers;
  if (signs_in || settings.text("print_link") != "true") {
    fmt::print("  open       {}/\n", address);
  } else {
    auto token = run_now(context, accounts.create_link("admin"));
    if (!token) return forward(token);
    fmt::print(
        "  open       {}/sign-in#link={}\n             (good once, for an hour; `sentinel link` "
        "prints another)\n",
        address, *token);
  }
  print_ssh_hint(port);
  std::fflush(stdout);
  if (auto noted = replace_file(address_file(settings.text("data")), address); !noted) {
    log::warning("`sentinel link` will not know the address: {}", noted.error().message);
  }
  return {};
}

std::string known_address(const std::string& data_folder) {
  std::ifstream file(address_file(data_folder));
  std::string address;
  return std::getline(file, address) ? address : "http://127.0.0.1:8000";
}

Result<StackOptions> local_stack_options(const Settings& settings) {
  auto options = read_stack_settings(settings);
  if (!options) return forward(options);
  auto dashboard = load_dashboard(settings.text("dashboard"));
  if (!dashboard) return forward(dashboard);
  options->dashboard = std::move(*dashboard);
  return options;
}

Result<void> check_port_free(const std::string& address) {
  http::Server probe([](http::Request&) -> Task<http::Response> { co_return http::Response{}; }, {},
                     1);
  auto port = probe.listen(address);
  if (port) return {};
  auto error = port.error();
  if (error.reason == "port_taken")
    error.message += "\nHINT: --listen 127.0.0.1:PORT, or PORT= with make run";
  return std::unexpected(error);
}

}  // namespace sentinel::apps

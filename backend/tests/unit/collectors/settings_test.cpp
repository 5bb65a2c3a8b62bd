#include "collectors/settings.hpp"

#include "collector_test_support.hpp"

namespace sentinel::collectors {
namespace {

using testing::Folder;
using Variables = std::map<std::string, std::string>;
using Mode = Invocation::Mode;

Result<Invocation> parse(const std::vector<std::string>& arguments,
                         const Variables& variables = {}) {
  return parse_invocation(arguments, [&](const char* name) -> const char* {
    auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

std::string error_of(const std::vector<std::string>& arguments, const Variables& variables = {}) {
  auto parsed = parse(arguments, variables);
  return parsed ? "no error" : parsed.error().message;
}

std::string error_of_file(const std::string& text) {
  Folder folder;
  folder.write("c.toml", text);
  auto message = error_of({"--config", folder / "c.toml"});
  auto path = folder.path().string() + "/";
  for (size_t at; (at = message.find(path)) != message.npos;) message.erase(at, path.size());
  return message;
}

TEST(Settings, WithoutAnythingWatchTheHost) {
  auto parsed = parse({});
  ASSERT_TRUE(parsed) << parsed.error().message;
  const auto& settings = parsed->settings;
  EXPECT_EQ(parsed->mode, Mode::Watch);
  EXPECT_EQ(settings.server.host, "127.0.0.1");
  EXPECT_EQ(settings.server.port, 8000);
  EXPECT_EQ(settings.buffer_size_mb, 64u);
  EXPECT_EQ(settings.log_level, log::Level::Info);
  ASSERT_EQ(settings.agents.size(), 1u);
  EXPECT_EQ(settings.agents[0].name, "host:" + host_name());
  EXPECT_FALSE(settings.key.known());
}

TEST(Settings, AFlagBeatsTheEnvironmentWhichBeatsTheFile) {
  Folder folder;
  folder.write(
      "c.toml",
      "server = 'http://file:1'\nhost_name = 'file'\nbuffer_size_mb = 5\nwatch_host = true\n");
  Variables variables{{"SENTINEL_COLLECTOR_SERVER", "http://environment:2"},
                      {"SENTINEL_COLLECTOR_HOST_NAME", "environment"},
                      {"SENTINEL_COLLECTOR_CONFIG", folder / "c.toml"}};
  auto parsed = parse({"--server=http://flag:3"}, variables);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->settings.server.host, "flag");
  EXPECT_EQ(parsed->settings.host_name, "environment");
  EXPECT_EQ(parsed->settings.buffer_size_mb, 5u);
}

TEST(Settings, TheKeyComesFromTheNearestPlaceAndNeverFromAFlag) {
  Folder folder;
  folder.write("flag", " from-flag \n");
  folder.write("environment", "from-environment\n");
  folder.write("file", "from-file");
  folder.write("c.toml", fmt::format("key_file = '{}'", folder / "file"));
  Variables variables{{"SENTINEL_COLLECTOR_CONFIG", folder / "c.toml"}};
  EXPECT_EQ(parse({}, variables)->settings.key.text(), "from-file");
  variables["SENTINEL_COLLECTOR_KEY_FILE"] = folder / "environment";
  EXPECT_EQ(parse({}, variables)->settings.key.text(), "from-environment");
  variables["SENTINEL_KEY"] = "itself";
  EXPECT_EQ(parse({}, variables)->settings.key.text(), "itself");
  EXPECT_EQ(parse({"--key-file", folder / "flag"}, variables)->settings.key.text(), "from-flag");
  EXPECT_EQ(error_of({"--key", "secret"}),
            "a key on the command line is seen by every user of the machine: use SENTINEL_KEY or "
            "--key-file");
}

TEST(Settings, AgentsComeFromTheFile) {
  Folder folder;
  folder.write("c.toml", R"(
    watch_host = false
    [[agent]]
    name = "a"
    process_name = "python3"
    [[agent]]
    name = "b"
    command_line = "train\\.py"
    [[agent]]
    name = "c"
    pid_file = "/run/c.pid"
    [[agent]]
    name = "d"
    cgroup = "system.slice/d.service"
  )");
  auto parsed = parse({"--config", folder / "c.toml"});
  ASSERT_TRUE(parsed) << parsed.error().message;
  const auto& agents = parsed->settings.agents;
  ASSERT_EQ(agents.size(), 4u);
  EXPECT_EQ(std::get<ByName>(*agents[0].match).name, "python3");
  EXPECT_TRUE(std::get<ByCommandLine>(*agents[1].match).pattern.found_in("python3 train.py"));
  EXPECT_EQ(std::get<ByPidFile>(*agents[2].match).path, "/run/c.pid");
  EXPECT_EQ(std::get<ByCgroup>(*agents[3].match).path, "system.slice/d.service");
}

TEST(Settings, RunTakesACommand) {
  auto parsed =
      parse({"run", "--name", "coder", "--server", "http://h:1", "--", "sh", "-c", "--help"});
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->mode, Mode::Run);
  EXPECT_EQ(parsed->name, "coder");
  EXPECT_EQ(parsed->command, (std::vector<std::string>{"sh", "-c", "--help"}));
  EXPECT_EQ(parsed->settings.log_level, log::Level::Warning);
  EXPECT_EQ(parse({"--log-level", "debug", "run", "--name=x", "--", "a"})->settings.log_level,
            log::Level::Debug);
}

TEST(Settings, HelpNamesEverySettingInAllThreeForms) {
  EXPECT_EQ(parse({"--help"})->mode, Mode::Help);
  EXPECT_EQ(parse({"-h"})->mode, Mode::Help);
  EXPECT_EQ(parse({"--version"})->mode, Mode::Version);
  auto text = help_text();
  for (const char* part : {"--server VALUE", "SENTINEL_COLLECTOR_SERVER", "in the file server",
                           "SENTINEL_NVML", "--buffer-dir VALUE", "[64]"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part;
  }
}

TEST(Settings, SaysWhatIsWrongWithTheCommandLine) {
  constexpr auto hint = "\nHINT: sentinel-collector --help";
  constexpr auto usage = "\nHINT: sentinel-collector run --name NAME -- COMMAND...";
  EXPECT_EQ(error_of({"--sever", "x"}), std::string("unknown option --sever") + hint);
  EXPECT_EQ(error_of({"watch"}), std::string("unknown command watch") + hint);
  EXPECT_EQ(error_of({"--server"}), std::string("--server needs a value") + hint);
  EXPECT_EQ(error_of({"--name", "a"}), std::string("unknown option --name") + hint);
  EXPECT_EQ(error_of({"run", "--", "a"}),
            std::string("run needs --name, the agent's name") + usage);
  EXPECT_EQ(error_of({"run", "--name", "a"}), std::string("run needs a command behind --") + usage);
  EXPECT_EQ(error_of({"run", "--name", "a", "ls"}),
            "the command comes behind --, as in: run --name NAME -- ls");
  EXPECT_EQ(error_of({"run", "--name", std::string(201, 'a'), "--", "ls"}),
            "the agent's name is over 200 bytes");
}

TEST(Settings, SaysWhichValueIsWrongAndWhereItIsFrom) {
  EXPECT_EQ(error_of({"--buffer-size-mb", "0"}),
            "--buffer-size-mb: '0' is not a whole number from 1 to 100000");
  EXPECT_EQ(error_of({}, {{"SENTINEL_COLLECTOR_BUFFER_MEMORY_KB", "many"}}),
            "SENTINEL_COLLECTOR_BUFFER_MEMORY_KB: 'many' is not a whole number from 64 to 1000000");
  EXPECT_EQ(error_of({"--server", "https://h"}),
            "--server: 'https://h' is not a server address: https is not spoken yet, write "
            "http://HOST:PORT");
  EXPECT_EQ(error_of({"--watch-host", "no"}), "--watch-host: 'no' is neither true nor false");
  EXPECT_EQ(error_of({"--log-level", "loud"}),
            "--log-level: 'loud' is not one of debug, info, warning, error");
  EXPECT_EQ(error_of({"--log-format", "xml"}), "--log-format: 'xml' is not one of text, json");
  EXPECT_EQ(error_of({"--watch-host", "false"}),
            "there is nothing to watch: watch_host is false and the file has no [[agent]]");
}

TEST(SettingsFile, TheExampleThatIsShippedIsValid) {
  auto parsed = parse({"--config", SENTINEL_SOURCES "/../deploy/collector.toml"});
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->settings.agents.size(), 5u);
}

TEST(SettingsFile, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(error_of_file("sever = 'x'"), "c.toml:1: unknown key 'sever'");
  EXPECT_EQ(error_of_file("\nconfig = 'x'"), "c.toml:2: unknown key 'config'");
  EXPECT_EQ(error_of_file("server = 1.5"),
            "c.toml:1: 'server' wants a text, a whole number, true or false");
  EXPECT_EQ(error_of_file("agent = 1"),
            "c.toml:1: agents are written as [[agent]] entries, at most 1000");
  EXPECT_EQ(error_of_file("agent = [1]"), "c.toml:1: agents are written as [[agent]] entries");
  EXPECT_EQ(error_of_file("[[agent]]\nprocess_name = 'x'"), "c.toml:1: an agent needs a name");
  EXPECT_EQ(error_of_file("[[agent]]\nname = ''"),
            "c.toml:2: the name of an agent is a text of 1 to 200 bytes");
  EXPECT_EQ(error_of_file("[[agent]]\nname = 'a'"),
            "c.toml:1: agent 'a' needs one of process_name, command_line, pid_file, cgroup");
  EXPECT_EQ(error_of_file("[[agent]]\nname = 'a'\npid = 'x'"),
            "c.toml:3: unknown key 'pid' of an agent; there are name and one of process_name, "
            "command_line, "
            "pid_file, cgroup");
  EXPECT_EQ(error_of_file("[[agent]]\nname = 'a'\ncgroup = 'x'\npid_file = 'y'"),
            "c.toml:4: an agent is found by one of process_name, command_line, pid_file, cgroup, "
            "not by two");
  EXPECT_EQ(error_of_file("[[agent]]\nname = 'a'\ncgroup = 1"), "c.toml:3: cgroup wants a text");
  EXPECT_EQ(error_of_file("[[agent]]\nname = 'a'\ncommand_line = '('"),
            "c.toml:3: '(' is not a regular expression: Unmatched ( or \\(");
  EXPECT_EQ(
      error_of_file("[[agent]]\nname = 'a'\ncgroup = 'x'\n[[agent]]\nname = 'a'\ncgroup = 'y'"),
      "c.toml:4: there are two agents named 'a'");
  EXPECT_TRUE(error_of_file("server = ").starts_with("c.toml:1: ")) << error_of_file("server = ");
  EXPECT_EQ(error_of({"--config", "/nowhere.toml"}),
            "cannot read /nowhere.toml: No such file or directory");
  EXPECT_EQ(error_of_file(std::string(1024 * 1024 + 1, '\n')),
            "cannot read c.toml: it is over 1 MiB");
}

}  // namespace
}  // namespace sentinel::collectors

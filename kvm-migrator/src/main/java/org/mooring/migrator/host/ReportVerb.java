package org.mooring.migrator.host;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.mooring.runtime.Failure;
import org.mooring.runtime.cli.Console;
import org.mooring.runtime.cli.StandardOptions;
import org.mooring.runtime.cli.UsageException;
import org.mooring.runtime.cli.Verb;
import org.mooring.runtime.json.Json;
import org.mooring.runtime.preflight.FileRefusal;
import org.mooring.timeline.HandoverAccount;
import org.mooring.timeline.Timeline;
import org.mooring.timeline.TimelinePage;
import org.mooring.timeline.TimelineSvg;
import org.mooring.timeline.TimelineText;

/** {@code report [GUEST]}: what happened when and where in the latest handovers. */
record ReportVerb() implements Verb {
    private static final Option LAST = Option.builder()
            .longOpt("last")
            .hasArg()
            .argName("N")
            .desc("of the latest N handovers (1)")
            .get();

    private static final Option FORMAT = Option.builder()
            .longOpt("format")
            .hasArg()
            .argName("FORMAT")
            .desc("text (the default), json, svg or html")
            .get();

    private static final Option OUTPUT = Option.builder()
            .longOpt("output")
            .hasArg()
            .argName("FILE")
            .desc("where to write it, instead of printing it")
            .get();

    private static final int MOST = 1000;

    @Override
    public String name() {
        return "report";
    }

    @Override
    public List<String> arguments() {
        return List.of("[" + GuestOptions.GUEST + "]");
    }

    @Override
    public String summary() {
        return "tell what happened when and where in the latest handovers from or to this host";
    }

    @Override
    public List<String> details() {
        return List.of(
                "Puts together the migrator's own record, that of the hook here and, over ssh, that of the hook at the other host. Times",
                "count from STOP; the other host's are told by the clock of this one, as far as the two were compared.");
    }

    @Override
    public Options options() {
        return new Options()
                .addOption(LAST)
                .addOption(FORMAT)
                .addOption(OUTPUT)
                .addOption(GuestOptions.CONFIG)
                .addOption(MigrateVerb.SSH_OPTION)
                .addOption(StandardOptions.LOG_LEVEL);
    }

    @Override
    public int run(CommandLine line, Console console) throws Failure {
        String format = line.getOptionValue(FORMAT, "text");
        if (!List.of("text", "json", "svg", "html").contains(format)) {
            throw new UsageException("--format takes text, json, svg or html, not '" + format + "'");
        }
        int last = line.hasOption(LAST) ? GuestOptions.number(line, LAST, MOST) : 1;
        Optional<String> guest =
                line.getArgs().length == 0 ? Optional.empty() : Optional.of(GuestOptions.guestName(line));
        MigratorConfig config = GuestOptions.config(line);
        List<HandoverAccount> accounts = Accounts.of(config, MigrateVerb.sshOptions(line))
                .latest(new MigrationRecords(config.stateDirectory()).all(), guest, last);
        if (accounts.isEmpty()) {
            throw new Failure(
                    "no handover" + guest.map(name -> " of guest " + name).orElse("") + " is known here: neither "
                            + config.stateDirectory()
                            + " nor the hook has one: ask at the host that it left, or came to");
        }
        write(rendered(accounts, format), line, console);
        return 0;
    }

    private static String rendered(List<HandoverAccount> accounts, String format) {
        List<Timeline> timelines =
                accounts.stream().map(HandoverAccount::timeline).toList();
        return switch (format) {
            case "json" -> json(accounts);
            case "svg" -> TimelineSvg.draw(timelines);
            case "html" -> TimelinePage.of(timelines);
            default -> {
                List<String> lines = new ArrayList<>();
                for (Timeline timeline : timelines) {
                    if (!lines.isEmpty()) {
                        lines.add("");
                    }
                    lines.addAll(TimelineText.lines(timeline));
                }
                yield String.join("\n", lines) + "\n";
            }
        };
    }

    private static String json(List<HandoverAccount> accounts) {
        try {
            return Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(accounts) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void write(String report, CommandLine line, Console console) throws Failure {
        if (!line.hasOption(OUTPUT)) {
            console.out().print(report);
            return;
        }
        Path file = Path.of(line.getOptionValue(OUTPUT));
        try {
            Files.writeString(file, report);
        } catch (IOException e) {
            throw new Failure("cannot write " + file + ": " + FileRefusal.words(e), e);
        }
    }
}

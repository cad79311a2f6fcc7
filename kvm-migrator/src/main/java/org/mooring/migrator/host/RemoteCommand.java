package org.mooring.migrator.host;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.mooring.migrator.host.MigratorConfig.RemoteHost;

/** The command that runs this program on another host, over ssh. */
record RemoteCommand(RemoteHost host, List<String> moreOptions, List<String> words) {
    List<String> arguments() {
        // In a session of its own, so that a Ctrl-C at our terminal reaches us alone and we end the migration in good
        // order.
        List<String> arguments = new ArrayList<>(List.of("setsid", "--wait", "ssh", "-T"));
        // No question can be answered here; and a peer that is gone shall be noticed in seconds, not hours.
        for (String option :
                List.of("BatchMode=yes", "ConnectTimeout=10", "ServerAliveInterval=5", "ServerAliveCountMax=3")) {
            arguments.add("-o");
            arguments.add(option);
        }
        arguments.addAll(host.sshOptions());
        arguments.addAll(moreOptions);
        arguments.add("--");
        arguments.add(host.ssh());
        // ssh joins words with spaces and hands them to the other side's shell.
        List<String> command = new ArrayList<>(List.of(host.program()));
        command.addAll(words);
        command.addAll(List.of("--config", host.config()));
        arguments.add(command.stream().map(RemoteCommand::quote).collect(Collectors.joining(" ")));
        return List.copyOf(arguments);
    }

    private static String quote(String word) {
        return word.matches("[A-Za-z0-9_./:=@%+-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}

package org.mooring.lab;

import java.nio.file.Files;
import java.nio.file.Path;

/** The daemons' control sockets. */
final class Control {
    private Control() {}

    static boolean isHealthy(Path socket) {
        return Files.exists(socket);
    }
}

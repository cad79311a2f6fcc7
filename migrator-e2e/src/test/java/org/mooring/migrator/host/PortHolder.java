package org.mooring.migrator.host;

import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/** Takes a TCP port and keeps it until it is killed: ADDRESS PORT FILE, which appears once it has it. */
final class PortHolder {
    private PortHolder() {}

    public static void main(String[] args) throws Exception {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(args[0], Integer.parseInt(args[1])));
            Files.createFile(Path.of(args[2]));
            new CountDownLatch(1).await();
        }
    }
}

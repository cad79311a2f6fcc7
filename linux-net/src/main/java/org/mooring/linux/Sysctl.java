package org.mooring.linux;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A kernel setting below {@code /proc/sys}. Those of {@code net} belong to the network namespace of the calling thread.
 *
 * @param path the file; not sysctl(8)'s dotted name, because the name of a device may hold a dot
 */
public record Sysctl(Path path) {
    private static final Path ROOT = Path.of("/proc/sys");

    /** An IPv4 setting of one device, or of {@code all} or {@code default}: {@code ipv4Device("eth0", "rp_filter")}. */
    public static Sysctl ipv4Device(String device, String key) {
        return new Sysctl(ROOT.resolve(Path.of("net", "ipv4", "conf", device, key)));
    }

    /** An IPv4 neighbour setting of one device: {@code ipv4Neighbour("eth0", "proxy_delay")}. */
    public static Sysctl ipv4Neighbour(String device, String key) {
        return new Sysctl(ROOT.resolve(Path.of("net", "ipv4", "neigh", device, key)));
    }

    /** A setting of IPv4 as a whole: {@code ipv4("ip_forward")}. */
    public static Sysctl ipv4(String key) {
        return new Sysctl(ROOT.resolve(Path.of("net", "ipv4", key)));
    }

    public String read() throws IOException {
        try {
            return Files.readString(path).strip();
        } catch (IOException e) {
            throw new IOException("cannot read " + path + ": " + reason(e), e);
        }
    }

    /** Writes the value unless it is there already, so that a read-only {@code /proc/sys} that is right will do. */
    public void ensure(String value) throws IOException {
        if (read().equals(value)) {
            return;
        }
        try {
            Files.writeString(path, value, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new IOException("cannot set " + path + " to " + value + ": " + reason(e), e);
        }
    }

    /** The message of a {@link java.nio.file.FileSystemException} without a reason is but the path. */
    private static String reason(IOException e) {
        if (e instanceof NoSuchFileException) {
            return "no such device or setting";
        }
        if (e instanceof AccessDeniedException) {
            return "permission denied; run as root, or with the capability CAP_NET_ADMIN";
        }
        return String.valueOf(e.getMessage());
    }
}

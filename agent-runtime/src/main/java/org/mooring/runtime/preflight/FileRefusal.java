package org.mooring.runtime.preflight;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;

/** Why a file or directory could not be read or written, and what to do. Java's own messages are the mere path as often as not. */
public final class FileRefusal {
    private FileRefusal() {}

    public static String words(IOException e) {
        String message = String.valueOf(e.getMessage());
        if (e instanceof AccessDeniedException) {
            return "permission denied: run this as root";
        }
        if (e instanceof NoSuchFileException) {
            return "there is no such file: create its directory";
        }
        if (DiskFull.is(message)) {
            return "no space left: " + DiskFull.ADVICE;
        }
        if (message.contains("Read-only file system")) {
            return "its file system is read-only: mount it to be written to";
        }
        return message + ": see to it, or name another directory in the configuration";
    }
}

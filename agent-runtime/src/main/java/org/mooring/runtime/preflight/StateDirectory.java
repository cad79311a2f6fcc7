package org.mooring.runtime.preflight;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.mooring.runtime.Failure;

/** The directory that holds what must survive. */
public final class StateDirectory {
    private StateDirectory() {}

    /**
     * Makes sure that {@code directory} exists and can be written to.
     *
     * @throws Failure if it can't
     */
    public static void prepare(Path directory) throws Failure {
        try {
            Files.createDirectories(directory);
            Files.delete(Files.createTempFile(directory, "writable", null));
        } catch (FileAlreadyExistsException e) {
            throw new Failure("state-directory " + directory + ": " + e.getFile()
                    + " is not a directory: move it away, or name another");
        } catch (IOException e) {
            if (DiskFull.is(String.valueOf(e.getMessage()))) {
                throw new Failure("state-directory " + directory + ": no space left: " + DiskFull.ADVICE, e);
            }
            throw new Failure(
                    "state-directory " + directory + " cannot be written to by user " + System.getProperty("user.name")
                            + ": create it for that user (StateDirectory= in the unit), or name another",
                    e);
        }
    }
}

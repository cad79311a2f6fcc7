package org.mooring.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("image")
@Timeout(300)
@DisplayName("An example configuration")
class ExamplesTest {
    /** A setting that is commented out has no space after the #; words have one. */
    private static final Pattern COMMENTED_OUT = Pattern.compile("(?m)^#(?=\\S)");

    /** What the commented-out section behind it would take the place of. */
    private static final Pattern ALTERNATIVE = Pattern.compile("(?ms)^\\[foreign-agent\\]$.*?(?=^\\[co-located\\]$)");

    private static final Pattern KEY_FILE = Pattern.compile("key-file = \"/etc/mooring/keys/([a-z0-9-]+)\"");

    private final Image image = Image.built();

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"home-agent", "foreign-agent", "guest-hook", "kvm-migrator"})
    void isAcceptedAsItIs(String program) throws Exception {
        assertAccepted(program, Files.readString(image.example(program)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"home-agent", "foreign-agent", "guest-hook", "kvm-migrator"})
    void isAcceptedWithAllThatIsCommentedOut(String program) throws Exception {
        String example = Files.readString(image.example(program));
        String all = COMMENTED_OUT.matcher(example).replaceAll("");
        assertAccepted(program, ALTERNATIVE.matcher(all).replaceAll(""));
    }

    @Test
    @DisplayName("of the hook is accepted with a foreign agent that is discovered")
    void isAcceptedWithADiscoveredForeignAgent() throws Exception {
        String example = Files.readString(image.example("guest-hook"))
                .replaceFirst("(?m)^address = .*\\n^care-of-address = .*\\n", "")
                .replaceFirst("#discover", "discover")
                .replaceFirst("#care-of-addresses", "care-of-addresses");
        assertAccepted("guest-hook", example);
    }

    /** By the command that install.sh and README.md name. */
    private void assertAccepted(String program, String text) throws Exception {
        Path file = write(program, text);
        assertEquals(
                new Image.Outcome(0, file + ": no problems\n", ""), image.run(program, "check", "--config", file + ""));
    }

    /** Writes the example, with its key files beside it. */
    private Path write(String program, String example) throws IOException {
        KEY_FILE.matcher(example).results().forEach(match -> writeKey(match.group(1)));
        String text = KEY_FILE.matcher(example).replaceAll("key-file = \"$1\"");
        return Files.writeString(directory.resolve(program + ".toml"), text);
    }

    private void writeKey(String name) {
        try {
            Path key = Files.writeString(directory.resolve(name), "00112233445566778899aabbccddeeff\n");
            Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}

package org.mooring.migrator.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A directory as QEMU wants it (QEMU's manual, "TLS setup for network services"), with an authority of its own. */
record Certificates(Path directory) {
    /** @param server what the server's certificate calls it */
    static Certificates issue(Path directory, String server) throws Exception {
        Certificates certificates = new Certificates(Files.createDirectory(directory));
        certificates.authority();
        certificates.leaf("server", server, "serverAuth");
        certificates.leaf("client", "source.example.net", "clientAuth");
        return certificates;
    }

    private void authority() throws Exception {
        write("ca.cnf", """
                [req]
                distinguished_name = name
                x509_extensions = extensions
                prompt = no
                [name]
                CN = test authority
                [extensions]
                basicConstraints = critical,CA:TRUE
                keyUsage = critical,keyCertSign
                """);
        openssl(
                "req",
                "-x509",
                "-new",
                "-config",
                "ca.cnf",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-keyout",
                "ca-key.pem",
                "-out",
                "ca-cert.pem");
    }

    private void leaf(String role, String name, String purpose) throws Exception {
        write(role + ".cnf", """
                subjectAltName = DNS:%s
                basicConstraints = critical,CA:FALSE
                keyUsage = critical,digitalSignature,keyEncipherment
                extendedKeyUsage = critical,%s
                """.formatted(name, purpose));
        openssl(
                "req",
                "-new",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-subj",
                "/CN=" + name,
                "-keyout",
                role + "-key.pem",
                "-out",
                role + ".csr");
        openssl(
                "x509",
                "-req",
                "-in",
                role + ".csr",
                "-CA",
                "ca-cert.pem",
                "-CAkey",
                "ca-key.pem",
                "-CAcreateserial",
                "-days",
                "2",
                "-extfile",
                role + ".cnf",
                "-out",
                role + "-cert.pem");
    }

    private void write(String name, String text) throws IOException {
        Files.writeString(directory.resolve(name), text);
    }

    private void openssl(String... words) throws Exception {
        List<String> command = new ArrayList<>(List.of("openssl"));
        command.addAll(List.of(words));
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(command + ": " + said);
        }
    }
}

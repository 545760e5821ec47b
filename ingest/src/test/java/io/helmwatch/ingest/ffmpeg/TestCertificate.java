package io.helmwatch.ingest.ffmpeg;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * A server's certificate, made by the JDK's own keytool.
 *
 * @param context what a server that shows it uses
 * @param trusted PEM file of the certificate that signed it: its own, or its authority's
 */
record TestCertificate(SSLContext context, Path trusted) {
    private static final String PASSWORD = "changeit";

    /** Signed by itself, as cameras have it. */
    static TestCertificate selfSigned(Path folder, String subject) {
        return make(folder, "camera", null, subject);
    }

    /** Signed by an authority of the site. */
    static TestCertificate signedByAuthority(Path folder, String subject) {
        return make(folder, "camera", "authority", subject);
    }

    private static TestCertificate make(Path folder, String name, String authority, String subject) {
        try {
            Path store = Files.createTempDirectory(folder, "certificate").resolve("store.p12");
            keytool(store, name, "-genkeypair", List.of("-keyalg", "EC", "-validity", "2", "-dname", subject));
            if (authority != null) {
                keytool(
                        store,
                        authority,
                        "-genkeypair",
                        List.of("-keyalg", "EC", "-validity", "2", "-dname", "CN=site", "-ext", "bc:c"));
                Path request = store.resolveSibling("request");
                Path answer = store.resolveSibling("answer");
                keytool(store, name, "-certreq", List.of("-file", request.toString()));
                keytool(
                        store,
                        authority,
                        "-gencert",
                        List.of(
                                "-rfc",
                                "-validity",
                                "2",
                                "-infile",
                                request.toString(),
                                "-outfile",
                                answer.toString()));
                keytool(store, name, "-importcert", List.of("-noprompt", "-file", answer.toString()));
            }
            Path trusted = store.resolveSibling("trusted.pem");
            keytool(
                    store,
                    authority == null ? name : authority,
                    "-exportcert",
                    List.of("-rfc", "-file", trusted.toString()));
            KeyStore keyStore = KeyStore.getInstance("PKCS12");
            try (InputStream in = Files.newInputStream(store)) {
                keyStore.load(in, PASSWORD.toCharArray());
            }
            if (authority != null) {
                keyStore.deleteEntry(authority);
            }
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(keyStore, PASSWORD.toCharArray());
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), null, null);
            return new TestCertificate(context, trusted);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static void keytool(Path store, String alias, String command, List<String> arguments)
            throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                command,
                "-J-XX:TieredStopAtLevel=1",
                "-J-XX:+UseSerialGC",
                "-alias",
                alias,
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD));
        line.addAll(arguments);
        Process keytool = new ProcessBuilder(line)
                .redirectErrorStream(true)
                .redirectOutput(store.resolveSibling(alias + command + ".log").toFile())
                .start();
        if (!keytool.waitFor(30, TimeUnit.SECONDS) || keytool.exitValue() != 0) {
            throw new AssertionError(
                    "keytool failed: " + Files.readString(store.resolveSibling(alias + command + ".log")));
        }
    }
}

package io.helmwatch.config.http;

import static io.helmwatch.config.schema.ValueTypes.path;

import io.helmwatch.config.http.HttpConfig.TlsFiles;
import io.helmwatch.config.schema.Key;
import io.helmwatch.config.schema.Section;
import io.helmwatch.config.schema.SectionSpec;
import io.helmwatch.config.secret.CertificateFile;
import io.helmwatch.config.secret.SecretFile;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The section {@code http.tls}. */
final class TlsSection {
    private static final String KEY_BEGINS = "-----BEGIN PRIVATE KEY-----";

    private static final Key<TlsFiles, Path> CERTIFICATE = Key.<TlsFiles, Path>optional(
                    "certificate",
                    path(),
                    TlsFiles::certificate,
                    "none",
                    "PEM file of the server's certificate, followed by those that signed it")
            .example("server.pem");
    private static final Key<TlsFiles, Path> KEY = Key.<TlsFiles, Path>optional(
                    "key",
                    path(),
                    TlsFiles::key,
                    "none",
                    "PEM file of its private key, PKCS #8 (`BEGIN PRIVATE KEY`), readable by the service only")
            .example("server.key");

    static final SectionSpec<TlsFiles> SPEC = SectionSpec.of("HTTPS with a certificate of your own", CERTIFICATE, KEY);

    private TlsSection() {}

    static @Nullable TlsFiles read(Section section) {
        if (!section.isGiven()) {
            return null;
        }
        Path certificate = section.optional(CERTIFICATE);
        Path key = section.optional(KEY);
        if (certificate == null && !section.has(CERTIFICATE)) {
            section.problem(CERTIFICATE, "missing: expected the PEM file of a certificate");
        }
        if (key == null && !section.has(KEY)) {
            section.problem(KEY, "missing: expected the PEM file of the certificate's private key");
        }
        if (certificate == null || key == null) {
            return null;
        }
        String problem = CertificateFile.problem(certificate);
        if (!problem.isEmpty()) {
            section.problem(CERTIFICATE, problem);
        }
        SecretFile.Content content = SecretFile.whole(key);
        String text = content.text();
        if (text == null) {
            section.problem(KEY, content.problem());
        } else if (!text.contains(KEY_BEGINS)) {
            section.problem(
                    KEY,
                    "has no '" + KEY_BEGINS
                            + "': convert the key with openssl pkcs8 -topk8 -nocrypt -in KEY -out FILE");
        }
        return new TlsFiles(certificate, key);
    }
}

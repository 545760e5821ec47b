package io.helmwatch.web.server;

import io.helmwatch.config.http.HttpConfig.TlsFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/** TLS 1.2 and 1.3 with a certificate and key from PEM files. */
final class Tls {
    private static final String BEGIN = "-----BEGIN PRIVATE KEY-----";
    private static final String END = "-----END PRIVATE KEY-----";
    private static final List<String> ALGORITHMS = List.of("EC", "RSA", "EdDSA");
    private static final int PASSWORD_BYTES = 16;

    private Tls() {}

    /**
     * The server's side of TLS.
     *
     * @throws IllegalStateException where the files cannot be used, as a sentence
     */
    static SslContextFactory.Server of(TlsFiles files) {
        try {
            byte[] random = new byte[PASSWORD_BYTES];
            new SecureRandom().nextBytes(random);
            String password = Base64.getEncoder().encodeToString(random);
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setKeyEntry("server", key(files), password.toCharArray(), certificates(files));
            SslContextFactory.Server factory = new SslContextFactory.Server();
            factory.setKeyStore(store);
            factory.setKeyStorePassword(password);
            factory.setIncludeProtocols("TLSv1.2", "TLSv1.3");
            return factory;
        } catch (IOException | GeneralSecurityException unusable) {
            throw new IllegalStateException(
                    "http.tls: " + files.certificate() + " and " + files.key() + " cannot be used: "
                            + unusable.getMessage(),
                    unusable);
        }
    }

    private static Certificate[] certificates(TlsFiles files) throws IOException, GeneralSecurityException {
        try (InputStream pem = Files.newInputStream(files.certificate())) {
            return CertificateFactory.getInstance("X.509")
                    .generateCertificates(pem)
                    .toArray(Certificate[]::new);
        }
    }

    private static PrivateKey key(TlsFiles files) throws IOException, GeneralSecurityException {
        String pem = Files.readString(files.key());
        int begin = pem.indexOf(BEGIN);
        int end = pem.indexOf(END);
        if (begin < 0 || end < begin) {
            throw new IOException("the key has no " + BEGIN);
        }
        byte[] encoded = Base64.getMimeDecoder().decode(pem.substring(begin + BEGIN.length(), end));
        PKCS8EncodedKeySpec spec = new PKCS8EncodedKeySpec(encoded);
        for (String algorithm : ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(spec);
            } catch (InvalidKeySpecException other) {
                // The next algorithm.
            }
        }
        throw new IOException("the key is none of " + String.join(", ", ALGORITHMS));
    }
}

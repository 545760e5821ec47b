package io.helmwatch.config.secret;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import javax.net.ssl.TrustManagerFactory;

/** A file of certificates. FFmpeg reads PEM only, and of another file it would say nothing but that the connection failed. Threading: any thread. */
public final class CertificateFile {
    private static final String PEM = "-----BEGIN CERTIFICATE-----";

    private CertificateFile() {}

    /**
     * Trust in the certificates of the file, instead of Java's own authorities.
     *
     * @throws IOException when the file cannot be read
     * @throws GeneralSecurityException when its certificates cannot be used
     */
    public static TrustManagerFactory trust(Path file) throws IOException, GeneralSecurityException {
        try (InputStream pem = Files.newInputStream(file)) {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            int number = 0;
            for (Certificate certificate :
                    CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
                store.setCertificateEntry("authority-" + number++, certificate);
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(store);
            return factory;
        }
    }

    /** What is wrong with the file; empty where nothing is. */
    public static String problem(Path file) {
        try {
            byte[] content = Files.readAllBytes(file);
            boolean isPem = new String(content, StandardCharsets.ISO_8859_1).contains(PEM);
            boolean hasCertificate = isPem
                    && !CertificateFactory.getInstance("X.509")
                            .generateCertificates(new ByteArrayInputStream(content))
                            .isEmpty();
            return hasCertificate ? "" : "has no certificate: expected a PEM file";
        } catch (IOException e) {
            return "cannot be read (looked for " + file + ")";
        } catch (CertificateException e) {
            return "has a damaged certificate: expected a PEM file";
        }
    }
}

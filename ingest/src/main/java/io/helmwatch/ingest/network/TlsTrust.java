package io.helmwatch.ingest.network;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Which certificates are accepted: those of a PEM file and what they signed, or, where there is no file, every one, since
 * cameras sign their own.
 *
 * @param context makes the connections
 * @param verified whether certificates are verified at all
 */
public record TlsTrust(SSLContext context, boolean verified) {

    /**
     * Reads the certificates.
     *
     * @param caFile PEM file; null accepts every certificate
     * @throws IOException when the file cannot be read or holds no certificate
     */
    public static TlsTrust of(@Nullable Path caFile) throws IOException {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            TrustManager[] managers = caFile == null ? new TrustManager[] {new TrustsAll()} : managers(caFile);
            context.init(null, managers, null);
            return new TlsTrust(context, caFile != null);
        } catch (GeneralSecurityException e) {
            throw new IOException("the certificates cannot be used: " + e.getMessage(), e);
        }
    }

    private static TrustManager[] managers(Path caFile) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        int number = 0;
        try (InputStream in = Files.newInputStream(caFile)) {
            for (Certificate certificate :
                    CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                store.setCertificateEntry("trusted-" + number++, certificate);
            }
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory.getTrustManagers();
    }

    /** Whether the server's name must be one of its certificate: a verified one, and not an address. */
    boolean comparesName(String host) {
        return verified && !host.matches("[0-9.]+") && host.indexOf(':') < 0;
    }

    /** Every certificate is accepted: the connection is encrypted, but not verified. */
    private static final class TrustsAll extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {
            // Nothing is verified.
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {
            // Nothing is verified.
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {
            // Nothing is verified.
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {
            // Nothing is verified.
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {
            // Nothing is verified.
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {
            // Nothing is verified.
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}

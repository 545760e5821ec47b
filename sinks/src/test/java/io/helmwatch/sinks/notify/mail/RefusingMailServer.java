package io.helmwatch.sinks.notify.mail;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A mail server (RFC 5321) that answers some lines as it is told, and takes everything else: GreenMail refuses no mail.
 *
 * <p>Threading: answers by one thread; one connection at a time.
 */
final class RefusingMailServer implements AutoCloseable {
    private final ServerSocket listener = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
    /** Answers by the beginning of the line; that to the end of a mail is that to a full stop. */
    private final ConcurrentMap<String, String> answers = new ConcurrentHashMap<>();

    private final List<List<String>> mails = new CopyOnWriteArrayList<>();
    private volatile int attempts;

    RefusingMailServer() throws IOException {
        Thread thread = new Thread(this::run, "refusing-mail-server");
        thread.setDaemon(true);
        thread.start();
    }

    int port() {
        return listener.getLocalPort();
    }

    /** Answers lines that begin so; empty for as usual. */
    void answer(String line, String answer) {
        answers.put(line, answer);
    }

    /** Who got each mail that was taken. */
    List<List<String>> mails() {
        return mails;
    }

    /** Number of connections. */
    int attempts() {
        return attempts;
    }

    private void run() {
        while (!listener.isClosed()) {
            try (Socket socket = listener.accept()) {
                attempts++;
                serve(socket);
            } catch (IOException e) {
                if (!listener.isClosed()) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }

    private void serve(Socket socket) throws IOException {
        BufferedReader lines =
                new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
        List<String> recipients = new ArrayList<>();
        boolean isText = false;
        say(socket, "220 ready");
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (isText && !line.equals(".")) {
                continue;
            }
            String answer = answerTo(line);
            if (line.startsWith("RCPT") && answer.startsWith("250")) {
                recipients.add(line.substring(line.indexOf('<') + 1, line.indexOf('>')));
            } else if (isText && answer.startsWith("250")) {
                mails.add(List.copyOf(recipients));
            }
            isText = line.equals("DATA") && answer.startsWith("354");
            say(socket, answer);
            if (line.equals("QUIT")) {
                return;
            }
        }
    }

    private String answerTo(String line) {
        return answers.entrySet().stream()
                .filter(answer ->
                        line.startsWith(answer.getKey()) && !answer.getValue().isEmpty())
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(line.equals("DATA") ? "354 go on" : "250 ok");
    }

    private static void say(Socket socket, String answer) throws IOException {
        socket.getOutputStream().write((answer + "\r\n").getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().flush();
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}

package io.helmwatch.pipeline.desk;

/** Users of a desk as the configuration has them, one a role: {@code viewer} with the password {@code viewer-secret}, and so on. */
final class TestUsers {
    // Hashes with the fewest iterations that are accepted.
    static final String VIEWER =
            user("viewer", "pbkdf2-sha256:100000:wl7LyZEeu7XBVoYim1jTmQ:TtFOYG4UQIS0TPtfoNEOrcFxYW-cXhw7QkQQPfG8IXI");
    static final String OPERATOR =
            user("operator", "pbkdf2-sha256:100000:8Gfful0LsfQuLYHfNVqwUg:06RZ6GSsRC3dMR2DRDoe9Hg6Q4QiqohXr6H6bCkSCr8");
    static final String ADMIN =
            user("admin", "pbkdf2-sha256:100000:i3DWZpLEalDBk5M_szlcLw:lBoyygfvyKSuGvrvEfj5PeBAbS2LngfSuRVtuz9CTZk");

    private TestUsers() {}

    private static String user(String role, String hash) {
        return "{name: " + role + ", role: " + role + ", password-hash: '" + hash + "'}";
    }
}

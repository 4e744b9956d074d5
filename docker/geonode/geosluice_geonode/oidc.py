"""What GeoNode says of a user to whom GeoServer's OpenID Connect asks: GeoServer's roles are found by the user's name."""

from oauth2_provider.oauth2_validators import OAuth2Validator


class Validator(OAuth2Validator):
    def get_additional_claims(self, request):
        user = request.user
        groups = [group.name for group in user.groups.all()]
        return {
            "preferred_username": user.username,
            "email": user.email,
            "name": user.get_full_name(),
            "groups": [*groups, "admin"] if user.is_superuser else groups,
        }

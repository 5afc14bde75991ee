use super::*;
use crate::keccak256;
use crate::testing::hex;
use alloc::collections::BTreeMap;
use alloc::string::String;
use proptest::prelude::*;
use serde_json::Value;

/// The root straight from the definition: level by level over all 2^`depth` places.
fn recomputed(leaves: &BTreeMap<u32, Hash>, depth: u8) -> Hash {
    let mut nodes: Vec<Hash> =
        (0..1 << depth).map(|index| leaves.get(&index).copied().unwrap_or(EMPTY)).collect();
    while let [_, _, ..] = nodes.as_slice() {
        nodes = nodes.chunks(2).map(|pair| keccak256(pair.as_flattened())).collect();
    }
    nodes[0]
}

/// A depth, and leaves set one after the other, some of them empty again, with a root asked for here and there.
fn sequences() -> impl Strategy<Value = (u8, Vec<(u32, Hash, bool)>)> {
    (0..=7_u8).prop_flat_map(|depth| {
        let leaf = prop_oneof![4 => any::<[u8; 32]>(), 1 => Just(EMPTY)];
        let place = prop_oneof![0..1_u32 << depth, 0..(1_u32 << depth).min(4)];
        (Just(depth), proptest::collection::vec((place, leaf, any::<bool>()), 0..40))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_tree_kept_up_to_date_is_a_tree_recomputed((depth, sets) in sequences()) {
        let mut tree = Tree::new(depth);
        let mut leaves = BTreeMap::new();
        for (index, leaf, ask) in sets {
            tree.set(index, leaf).unwrap();
            leaves.insert(index, leaf);
            if ask {
                prop_assert_eq!(tree.root(), recomputed(&leaves, depth));
            }
        }
        let root = tree.root();
        prop_assert_eq!(root, recomputed(&leaves, depth));
        prop_assert_eq!(root, tree.root());
        let used = leaves.keys().last().map_or(0, |last| last + 1);
        let in_order = (0..used).map(|index| tree.leaf(index));
        prop_assert_eq!(root_of(in_order, depth, &mut alloc::vec![[9; 32]; 3]), root);
    }

    #[test]
    fn a_proof_is_good_for_one_leaf_at_one_place((depth, sets) in sequences(), asked: u32, bit in 0..256_usize) {
        let mut tree = Tree::new(depth);
        for (index, leaf, _) in sets {
            tree.set(index, leaf).unwrap();
        }
        let index = asked % (1 << depth);
        let (leaf, proof) = (tree.leaf(index), tree.proof(index));
        let root = tree.root();
        prop_assert!(verify(&root, depth, index, &leaf, &proof));

        let flip = |hash: &mut Hash| hash[bit / 8] ^= 1 << (bit % 8);
        let mut other = leaf;
        flip(&mut other);
        prop_assert!(!verify(&root, depth, index, &other, &proof));
        other = root;
        flip(&mut other);
        prop_assert!(!verify(&other, depth, index, &leaf, &proof));
        for level in 0..usize::from(depth) {
            let mut changed = proof.clone();
            flip(&mut changed[level]);
            prop_assert!(!verify(&root, depth, index, &leaf, &changed));
        }
        for elsewhere in (0..1 << depth).filter(|elsewhere| *elsewhere != index && tree.leaf(*elsewhere) != leaf) {
            prop_assert!(!verify(&root, depth, elsewhere, &leaf, &proof));
        }
        prop_assert!(!verify(&root, depth, index + (1 << depth), &leaf, &proof), "a place outside the tree");
        let longer: Vec<Hash> = proof.iter().copied().chain([EMPTY]).collect();
        prop_assert!(!verify(&root, depth, index, &leaf, &longer));
        if let Some((_, shorter)) = proof.split_first() {
            prop_assert!(!verify(&root, depth, index, &leaf, shorter));
        }
    }
}

/// Zero hashes, roots and proofs by another program, see the case's README.
#[test]
fn the_cases_trees_are_ours() {
    let cases: Value = serde_json::from_str(include_str!("../../../../cases/encoding/merkle.json")).unwrap();
    let hash = |value: &Value| -> Hash { hex(value.as_str().unwrap()).try_into().unwrap() };
    let hashes = |value: &Value| -> Vec<Hash> { value.as_array().unwrap().iter().map(hash).collect() };
    let index = |text: &String| text.parse::<u32>().unwrap();
    assert_eq!(hashes(&cases["zero"]), ZERO);
    for case in cases["trees"].as_array().unwrap() {
        let depth = case["depth"].as_u64().unwrap() as u8;
        let mut tree = Tree::new(depth);
        for (place, leaf) in case["leaves"].as_object().unwrap() {
            tree.set(index(place), hash(leaf)).unwrap();
        }
        assert_eq!(tree.root(), hash(&case["root"]), "depth {depth}");
        for (place, proof) in case["proofs"].as_object().unwrap() {
            let (place, proof) = (index(place), hashes(proof));
            assert_eq!(tree.proof(place), proof, "depth {depth}, place {place}");
            assert!(verify(&tree.root(), depth, place, &tree.leaf(place), &proof));
        }
    }
}

#[test]
fn an_empty_tree_has_the_zero_root() {
    for depth in 0..=MAX_DEPTH {
        assert_eq!(Tree::new(depth).root(), ZERO[usize::from(depth)]);
        assert_eq!(root_of([], depth, &mut Vec::new()), ZERO[usize::from(depth)]);
    }
}

#[test]
fn a_place_outside_the_tree_is_refused() {
    assert_eq!(Tree::new(3).set(8, EMPTY), Err(Rejection::TooMany));
    assert_eq!(Tree::new(3).set(7, EMPTY), Ok(()));
    assert_eq!(Tree::new(u8::MAX).set(1 << MAX_DEPTH, EMPTY), Err(Rejection::TooMany));
}

#[test]
fn a_small_tree_with_too_many_leaves_grows_to_hold_them() {
    let leaves = (0..5_u8).map(|leaf| [leaf; 32]);
    assert_eq!(root_of(leaves.clone(), 1, &mut Vec::new()), root_of(leaves, 3, &mut Vec::new()));
}
